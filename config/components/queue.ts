import { z } from 'zod';
import { existingRedis, redisRules, userName } from '../existing-redis';
import { revision, size, storageGiB } from '../fields';
import type { Place } from '../place';
import type { Rule } from '../rule';

/** Of each user's password: raise it to have it changed (docs/rotation.md). */
const passwordRevisions = z.strictObject({ api: revision, worker: revision, scheduler: revision }).prefault({});

const server = { storageGiB, ...size, passwordRevisions };

const existing = z.strictObject({
  ...existingRedis,
  users: z
    .strictObject({
      api: userName.default('api'),
      worker: userName.default('worker'),
      scheduler: userName.default('scheduler'),
    })
    .prefault({}),
  passwordRevisions,
});

/** How it is run: our own container, an existing engine's operator, or by somebody else. */
const schema = z.discriminatedUnion('topology', [
  z.strictObject({ topology: z.literal('bundled'), ...server }),
  z.strictObject({ topology: z.literal('operator'), ...server }),
  existing,
]);

const rules = ({ queue, ...place }: Place & { queue: z.output<typeof schema> }): Rule[] =>
  redisRules('queue', queue, place);

export const queue = { schema, rules };
