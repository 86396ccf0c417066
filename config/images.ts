import { z } from 'zod';
import { revision } from './fields';
import { images } from './versions';

/** An image's name without tag; the registry may have a port. @see https://distribution.github.io/distribution/spec */
const repository = z
  .string()
  .regex(
    /^([a-z0-9]([-.a-z0-9]*[a-z0-9])?(:\d+)?\/)?[a-z0-9]+([._-]+[a-z0-9]+)*(\/[a-z0-9]+([._-]+[a-z0-9]+)*)*$/,
    'the name of an image: lower-case, parts separated by "/", without tag',
  );
/** A registry, and a path in it where it has one. */
const registry = z
  .string()
  .regex(/^[a-z0-9]([-.a-z0-9]*[a-z0-9])?(:\d+)?(\/[a-z0-9]+([._-]+[a-z0-9]+)*)*$/, 'a registry: host, port, path');
/** A tag that is also a label value; `latest` would be another image tomorrow. */
const tag = z
  .string()
  .regex(/^(?!latest$)[A-Za-z0-9]([\w.-]{0,61}[A-Za-z0-9])?$/, 'an image tag of at most 63 characters, never "latest"');
const digest = z.string().regex(/^sha256:[0-9a-f]{64}$/, 'sha256: and 64 hexadecimal digits');

/** Instead of the pinned version of config/versions.ts: another name, tag or digest of the same software. */
const override = z.strictObject({ repository: repository.optional(), tag: tag.optional(), digest: digest.optional() });

/** As whom images are pulled; the password is given as TF_VAR_registry_password and kept in no state. */
const registryLogin = z.strictObject({
  registry: z
    .string()
    .regex(
      /^(?!(index\.)?docker\.io$)[a-z0-9]([-.a-z0-9]*[a-z0-9])?(:\d+)?$/,
      'host, and port where it has one, of a registry that is not Docker Hub',
    ),
  username: z.string().regex(/^[\w.@$+-]{1,128}$/, 'a user of letters, digits and . _ - @ $ +'),
  /** Raise it, and give the password, to have it written again. */
  passwordRevision: revision,
});

/** An image of this repository. */
const ownImage = z.strictObject({
  repository,
  /** What the image is called when it has no digest; its version label otherwise. */
  tag,
  digest: digest.optional(),
  /** Built from the repository by the same apply, instead of pulled. @default false */
  build: z.boolean().default(false),
});
export type OwnImage = z.output<typeof ownImage>;

/** Where images come from. */
export const imageSettings = z.strictObject({
  /** Registry of every image whose name does not say its own, e.g. registry.example.com/mirror. @default - Docker Hub */
  registry: registry.optional(),
  pullPolicy: z.enum(['Always', 'IfNotPresent']),
  /** Name of a Secret of type kubernetes.io/dockerconfigjson in the namespace, for a registry that asks who pulls. */
  pullSecret: z
    .string()
    .regex(/^[a-z0-9]([-.a-z0-9]{0,251}[a-z0-9])?$/, 'the name of a Secret')
    .optional(),
  /** Instead of a Secret that is there: one is made, or on Docker the engine told. @default - all may pull, or pullSecret says who */
  registryLogin: registryLogin.optional(),
  /** Of app/Dockerfile. */
  application: ownImage,
  /** Of ops/Dockerfile: `stockops`, beside the programs of PostgreSQL. @default - nothing runs it */
  operations: ownImage.optional(),
  /** Upstream images that differ from the pinned ones, by the name they have in config/versions.ts. */
  upstream: z.partialRecord(z.enum(Object.keys(images) as Array<keyof typeof images>), override).default({}),
});
export type ImageSettings = z.output<typeof imageSettings>;
