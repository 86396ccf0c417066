import { z } from 'zod';
import { isCron } from './cron';

/** Kinds of values that more than one part of an environment has. */

export const dnsLabel = z
  .string()
  .regex(/^[a-z]([-a-z0-9]{0,38}[a-z0-9])?$/, 'a DNS label: lower-case letters, digits and "-", at most 40 characters');
export const hostname = z
  .string()
  .regex(/^(?=.{1,253}$)[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/, 'a lower-case host name');
export const httpUrl = z.url({ protocol: /^https?$/, error: 'an http or https URL' });
/** A URL without user, password, query and fragment: what is secret is in a file. */
export const serviceUrl = z.url({ protocol: /^https?$/, error: 'an http or https URL', abort: true }).refine((url) => {
  const { username, password, search, hash } = new URL(url);
  return `${username}${password}${search}${hash}` === '';
}, 'a URL without user, password, query and fragment; whoever logs in is in login');
export const port = z.int().min(1).max(65_535);
export const storageGiB = z.int().min(1);

/** When something is done, in the time of Asia/Shanghai. */
export const schedule = z
  .string()
  .refine(isCron, 'five fields of cron that restrict one kind of day at most, e.g. 30 2 * * *');

/** Raise it to have a secret written again. */
export const revision = z.int().min(1).default(1);

/** CPU and memory, each as request and limit. */
export const size = {
  /** In thousandths of a core. */
  cpuMillicores: z.int().min(10).max(64_000),
  memoryMiB: z.int().min(32).max(262_144),
};

const replicas = z.int().min(1).max(50);

/** Either a fixed number of replicas or a range that a HorizontalPodAutoscaler moves in. */
export const scale = z.union(
  [
    z.strictObject({ replicas }),
    z.strictObject({ minReplicas: replicas, maxReplicas: replicas, cpuPercent: z.int().min(10).max(95) }),
  ],
  '{ replicas: 1..50 } or { minReplicas: 1..50, maxReplicas: 1..50, cpuPercent: 10..95 }',
);
export type Scale = z.output<typeof scale>;

/** The most replicas a component can have. */
export const maxReplicas = (scale: Scale): number => ('replicas' in scale ? scale.replicas : scale.maxReplicas);
/** The fewest replicas a component can have. */
export const minReplicas = (scale: Scale): number => ('replicas' in scale ? scale.replicas : scale.minReplicas);

/** Connections one process may open: `size` kept, `maxOverflow` more under load (DATABASE_POOL_SIZE, _MAX_OVERFLOW). */
export const databasePool = z.strictObject({ size: z.int().min(1).max(100), maxOverflow: z.int().min(0).max(100) });
