import { z } from 'zod';
import { checked } from './checked';
import { cluster, clusterRules } from './cluster';
import { dnsLabel, storageGiB } from './fields';
import { imageSettings, type OwnImage } from './images';
import { proxy } from './proxy';
import type { Rule } from './rule';
import { state, terraformVersion } from './state';
import { noTransitions, transitions } from './transitions';

/** How much depends on an environment, least first. */
export const tiers = ['development', 'staging', 'production'] as const;

/** A preview that is not a file of config/environments. */
const raised = z.strictObject({
  by: z.string().min(1, 'a text that is not empty'),
  /** Of the checkout that describes it. */
  commit: z
    .string()
    .regex(/^[0-9a-f]{7,64}$/, 'the name of a commit in hexadecimal digits')
    .optional(),
  /** In UTC. */
  until: z.iso.datetime(),
});

/** What an environment is whatever runs in it: where it is, what it may take, where its images and its state are. */
export const place = {
  /** Unique; the beginning of the names of its stacks. */
  name: dnsLabel,
  /** How much depends on it: what the rules ask of an environment follows from this and not from its name. */
  tier: z.enum(tiers),
  target: z.enum(['docker', 'kubernetes']),
  /** Kubernetes namespace, or on a Docker engine the beginning of every name. */
  namespace: dnsLabel,
  /** The kubeconfig context that may be changed; any context when left out. */
  kubernetesContext: z.string().min(1, 'a text that is not empty').optional(),
  /** @default - all is as the cluster has it */
  cluster: cluster.optional(),
  /** @default - hosts outside are reached directly */
  proxy: proxy.optional(),
  images: imageSettings,
  state,
  /** Of Terraform, beside what the platform needs. @default - 1.11 or newer */
  terraformVersion: terraformVersion.optional(),
  /** Terraform refuses to destroy the namespace, volumes and their secrets. */
  deletionProtection: z.boolean(),
  /** @default - what is deployed needs nothing said */
  transitions: transitions.default(noTransitions),
  /** Hours after which it may be deleted, told to whoever deletes namespaces. @default - it stays */
  lifetimeHours: z
    .int()
    .min(1)
    .max(24 * 90)
    .optional(),
  /** Who raised it, from what and until when, told on all that is made for it. @default - it is described by a file of config/environments */
  raised: raised.optional(),
  quota: z.strictObject({
    cpuMillicores: z.int().min(100),
    memoryMiB: z.int().min(256),
    storageGiB,
    pods: z.int().min(1),
  }),
};

const placeSchema = z.strictObject(place);
export type Place = z.output<typeof placeSchema>;

/**
 * An environment for workloads of one's own: where they are, and nothing of the stock-analysis system.
 * @throws ConfigurationError listing every problem at once: path, value, what is allowed.
 */
export const definePlace = (input: z.input<typeof placeSchema>): Place => checked(placeSchema, [placeRules], input);

export function placeRules(place: Place): Rule[] {
  const { target, tier, state, images, deletionProtection, lifetimeHours } = place;
  const isDocker = target === 'docker';
  const isProduction = tier === 'production';
  return [
    {
      isBroken: isDocker && state.type !== 'local',
      path: 'state.type',
      got: state.type,
      allowed: '"local" on Docker',
    },
    {
      isBroken: !isDocker && state.type === 'local',
      path: 'state.type',
      got: state.type,
      allowed: 'any other: a shared state with a lock',
    },
    ...clusterRules(target, place.cluster),
    ...ownImageRules('application', images.application, { target, tier }),
    ...(images.operations ? ownImageRules('operations', images.operations, { target, tier }) : []),
    {
      isBroken: isDocker && images.pullSecret !== undefined,
      path: 'images.pullSecret',
      got: images.pullSecret,
      allowed: 'nothing on Docker: the engine pulls as who is logged in, or as registryLogin says',
    },
    {
      isBroken: images.pullSecret !== undefined && images.registryLogin !== undefined,
      path: 'images.pullSecret',
      got: images.pullSecret,
      allowed: 'nothing beside registryLogin, which makes a Secret of its own',
    },
    {
      isBroken: isProduction && !deletionProtection,
      path: 'deletionProtection',
      got: deletionProtection,
      allowed: 'true in production',
    },
    {
      isBroken: lifetimeHours !== undefined && (deletionProtection || isDocker),
      path: 'lifetimeHours',
      got: lifetimeHours,
      allowed: 'nothing on Docker or where deletionProtection is true',
    },
    {
      isBroken: place.raised !== undefined && lifetimeHours === undefined,
      path: 'lifetimeHours',
      got: lifetimeHours,
      allowed: 'hours where it is raised for a while',
    },
  ];
}

/** What holds for an image of this repository. */
const ownImageRules = (
  name: 'application' | 'operations',
  { build, digest }: OwnImage,
  { target, tier }: Pick<Place, 'target' | 'tier'>,
): Rule[] => [
  {
    isBroken: target === 'kubernetes' && build,
    path: `images.${name}.build`,
    got: build,
    allowed: 'false: a cluster pulls its image',
  },
  {
    isBroken: tier === 'production' && !digest,
    path: `images.${name}.digest`,
    got: digest,
    allowed: 'a sha256 digest in production',
  },
];
