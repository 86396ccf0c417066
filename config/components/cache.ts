import { z } from 'zod';
import { existingRedis, redisRules, userName } from '../existing-redis';
import { revision, size } from '../fields';
import type { Place } from '../place';
import type { Rule } from '../rule';

/** Of each user's password: raise it to have it changed (docs/rotation.md). */
const passwordRevisions = z.strictObject({ api: revision, worker: revision }).prefault({});

const existing = z.strictObject({
  ...existingRedis,
  users: z.strictObject({ api: userName.default('api'), worker: userName.default('worker') }).prefault({}),
  passwordRevisions,
});

/** How it is run: our own container, an existing engine's operator, or by somebody else. */
const schema = z.discriminatedUnion('topology', [
  z.strictObject({ topology: z.literal('bundled'), ...size, passwordRevisions }),
  z.strictObject({ topology: z.literal('operator'), ...size, passwordRevisions }),
  existing,
]);

const rules = ({ cache, ...place }: Place & { cache: z.output<typeof schema> }): Rule[] =>
  redisRules('cache', cache, place);

export const cache = { schema, rules };
