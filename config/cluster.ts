import { z } from 'zod';
import { cidr, isWithin, metadataAddresses } from './cidr';
import { port } from './fields';
import { labels, objectName, podsOfOthers } from './kubernetes-fields';
import { estateAnnotations, estateLabels, ignoredNames } from './labels';
import type { Rule } from './rule';

/** A taint that pods may be on nodes with. */
const toleration = z.strictObject({
  key: z.string().min(1, 'the key of a taint'),
  /** @default - any */
  value: z.string().optional(),
  /** @default - each of them */
  effect: z.enum(['NoSchedule', 'PreferNoSchedule', 'NoExecute']).optional(),
  /** How long they may stay where the effect is NoExecute. @default - for good */
  seconds: z.int().min(0).optional(),
});
export type Toleration = z.output<typeof toleration>;

const placement = {
  /** Labels of the nodes that pods may be on. @default - any node */
  nodeSelector: labels.optional(),
  /** @default - nodes without taints alone */
  tolerations: z.array(toleration).min(1, 'one taint or more').optional(),
  /** Who is evicted for whom. @default - one of two that are made with the namespace; where that is one of others, the cluster's default class */
  priorityClass: objectName.optional(),
  /** What containers are run by, such as gVisor's. @default - the nodes' own */
  runtimeClass: objectName.optional(),
};
const componentPlacement = z.strictObject(placement);
export type Placement = z.output<typeof componentPlacement>;

/** A volume by its name in the plans, such as postgres-data. */
const byVolume = z.record(z.string(), objectName);

/** Whom pods ask for names. */
const dns = z.strictObject({
  /** @default - those of kube-system with the label k8s-app=kube-dns */
  pods: podsOfOthers.optional(),
  /** That these pods listen on, whatever the port of their Service. @default 53 */
  port: port.optional(),
  /** Addresses that are asked besides, such as NodeLocal DNSCache's 169.254.20.10. @default - none */
  addresses: z
    .array(z.union([z.ipv4(), z.ipv6()], 'an address of IPv4 or IPv6'))
    .min(1, 'one address or more')
    .optional(),
});

const networks = z.array(cidr).min(1, 'one network or more');

/** Where pods may go that have something to do outside, at the ports they have it at. */
const egress = z.strictObject({
  /** Those of metadata of the cloud are taken out of it. @default - everywhere but there */
  outside: networks.optional(),
  /** Of the API of the cluster, for those that ask it. @default - as outside was not restricted */
  clusterApi: networks.optional(),
});

/** What a cluster asks of all that is put into it, and what it has for it. What is left out is as the cluster has it. */
export const cluster = z.strictObject({
  /**
   * Whether the namespaces are there already, with the limits of who made them: then nothing is made that takes a right of
   * the whole cluster, and pods of others in them are left alone. @default false
   */
  existingNamespace: z.boolean().optional(),
  /** Whether each node has agents, in a namespace where pods may look at their node. @default true */
  nodeAgents: z.boolean().optional(),
  /** Who pods run as: the users of our images, or those that the namespace assigns, as OpenShift's restricted-v2 does. @default 'ours' */
  podUsers: z.enum(['ours', 'assigned']).optional(),
  /** Labels of every object and pod, beside our own. @default - none */
  labels: estateLabels.optional(),
  /** Annotations of every object and pod, beside our own. @default - none */
  annotations: estateAnnotations.optional(),
  /** Labels that others write into our objects, such as Rancher: a plan says nothing of them. @default - there are none */
  ignoredLabels: z.array(ignoredNames).optional(),
  /** Annotations that others write into our objects. @default - there are none */
  ignoredAnnotations: z.array(ignoredNames).optional(),
  /**
   * Where pods run; a component's own settings take the place of those of all. Agents are on every node, and have the
   * priority alone.
   * @default - anywhere
   */
  placement: z
    .strictObject({ ...placement, components: z.record(z.string(), componentPlacement).optional() })
    .optional(),
  dns: dns.optional(),
  egress: egress.optional(),
  storage: z
    .strictObject({
      /** Of every volume. @default - the cluster's default class */
      class: objectName.optional(),
      /** Of single volumes. */
      classes: byVolume.optional(),
      /** Claims that are there already, in the namespace, and are neither made nor destroyed. */
      existingClaims: byVolume.optional(),
    })
    .optional(),
});
export type ClusterSettings = z.output<typeof cluster>;

export function clusterRules(target: 'docker' | 'kubernetes', settings: ClusterSettings | undefined): Rule[] {
  const { tolerations = [], components = {} } = settings?.placement ?? {};
  const all = [...tolerations, ...Object.values(components).flatMap((own) => own.tolerations ?? [])];
  const wrong = all.find(({ seconds, effect }) => seconds !== undefined && effect !== 'NoExecute');
  const { classes = {}, existingClaims = {} } = settings?.storage ?? {};
  const twice = Object.keys(existingClaims).find((volume) => Object.hasOwn(classes, volume));
  return [
    {
      isBroken: target === 'docker' && settings !== undefined,
      path: 'cluster',
      got: settings,
      allowed: 'nothing on Docker: an engine has no nodes, classes and labels of others',
    },
    {
      isBroken: wrong !== undefined,
      path: 'cluster.placement.tolerations',
      got: wrong,
      allowed: 'seconds where the effect is "NoExecute": nobody is evicted by another',
    },
    ...Object.entries(settings?.egress ?? {}).map(([path, all]) => {
      const forbidden = all.find((network) => metadataAddresses.some((metadata) => isWithin(network, metadata)));
      return {
        isBroken: forbidden !== undefined,
        path: `cluster.egress.${path}`,
        got: forbidden,
        allowed: 'networks that are not of the metadata of a cloud (config/cidr.ts)',
      };
    }),
    {
      isBroken: twice !== undefined,
      path: `cluster.storage.classes.${twice}`,
      got: twice && classes[twice],
      allowed: 'nothing for a claim that exists: it has its class',
    },
  ];
}
