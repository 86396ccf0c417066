import { z } from 'zod';
import { serviceUrl } from './fields';

/** A host name that may stand for those below it too, an address, or a network. */
const exception = z
  .string()
  .regex(/^[A-Za-z0-9.:*-]+(\/\d{1,3})?$/, 'a host, .domain, address or network, e.g. .example.com or 10.0.0.0/8');

/** The proxy by which workloads that have something to do outside get there. */
export const proxy = z.strictObject({
  /** For http URLs (HTTP_PROXY). @default - they are reached directly */
  http: serviceUrl.optional(),
  /** For https URLs (HTTPS_PROXY). @default - they are reached directly */
  https: serviceUrl.optional(),
  /** What is reached directly, beside all that is in the cluster (NO_PROXY). @default - nothing */
  exceptions: z.array(exception).optional(),
});
