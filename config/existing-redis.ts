import { z } from 'zod';
import { existingRules, existingServer } from './existing';
import type { Place } from './place';
import type { Rule } from './rule';

/** The name of a user on the server. */
export const userName = z.string().regex(/^[\w-]{1,64}$/, 'a name of letters, digits, "_" and "-"');

/** A Redis that somebody else runs, with the users of app/redis in it, or others that may do as much. */
export const existingRedis = {
  topology: z.literal('existing'),
  ...existingServer,
  /** Whether it is reached by TLS, its certificate and name checked. */
  tls: z.boolean().default(true),
};

type Redis =
  | { readonly topology: 'bundled' | 'operator' }
  | {
      readonly topology: 'existing';
      readonly host: string;
      readonly caFile?: string | undefined;
      readonly tls: boolean;
    };

/** What a Redis has to keep to, however it is run. */
export function redisRules(path: string, redis: Redis, { tier, lifetimeHours }: Place): Rule[] {
  if (redis.topology !== 'existing') {
    return [
      {
        isBroken: redis.topology === 'operator',
        path: `${path}.topology`,
        got: redis.topology,
        allowed: '"bundled" or "existing" ("operator" is not built yet)',
      },
    ];
  }
  return [
    ...existingRules(path, redis, redis.tls, { lifetimeHours }),
    {
      isBroken: tier === 'production' && !redis.tls,
      path: `${path}.tls`,
      got: redis.tls,
      allowed: 'true in production',
    },
  ];
}
