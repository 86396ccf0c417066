import { z } from 'zod';
import { someAddresses } from '../cidr';
import { databasePool, revision, scale, size } from '../fields';
import type { Place } from '../place';
import type { Rule } from '../rule';
import { processorRule, scaleRules } from '../scale-rules';

/** Private and shared networks, where pods and containers have their addresses. */
const privateNetworks = ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '100.64.0.0/10', 'fc00::/7'];

const count = z.int().min(1).max(1_000_000);

const origin = z.string().regex(/^https?:\/\/[^\s/?#@,]+$/, 'https://HOST or http://HOST:PORT');

const schema = z.strictObject({
  scale,
  databasePool,
  ...size,
  /** Of the key that API keys are hashed with: raise it to have it changed (docs/rotation.md). */
  secretKeyRevision: revision,
  /** Requests a key may make in a minute at one process, where it has no limit of its own. @default - the application's, 60,000 */
  requestsPerMinute: count.optional(),
  /** Unfinished jobs that one key may have, the parts of backfills counted. @default - the application's, 5,000 */
  unfinishedJobsPerKey: count.optional(),
  /** Unfinished jobs above which no key may hand in more. @default - the application's, 50,000 */
  unfinishedJobs: count.optional(),
  /** Origins whose pages may ask the API from a browser. @default - none but the API's own */
  allowedOrigins: z.array(origin).min(1, 'one origin or more').optional(),
  /** Seconds for which answers are kept, by what they are about. @default - the application's: a minute, an hour, a day */
  cacheSeconds: z
    .strictObject({ realtime: count.optional(), daily: count.optional(), historical: count.optional() })
    .optional(),
  /** Puts the cause of a server error into the answer. @default false */
  explainsErrors: z.boolean().optional(),
  /** Addresses of the gateway's pods, which alone are let in to it: they say who the client is. */
  trustedProxies: z.array(someAddresses).default(privateNetworks),
});

const rules = ({ api, ...place }: Place & { api: z.output<typeof schema> }): Rule[] => [
  ...scaleRules('api', api.scale, place),
  processorRule('api', api.scale, api.cpuMillicores),
  {
    isBroken: place.tier === 'production' && api.explainsErrors === true,
    path: 'api.explainsErrors',
    got: api.explainsErrors,
    allowed: 'false in production: a cause is for its operators',
  },
];

export const api = { schema, rules };
