import { z } from 'zod';
import { databasePool, revision, scale, size } from '../fields';
import type { Place } from '../place';
import type { Rule } from '../rule';
import { processorRule, scaleRules } from '../scale-rules';

const schema = z.strictObject({
  scale,
  databasePool,
  ...size,
  /** Of the key that API keys are hashed with: raise it to have it changed (docs/rotation.md). */
  secretKeyRevision: revision,
});

const rules = ({ api, ...place }: Place & { api: z.output<typeof schema> }): Rule[] => [
  ...scaleRules('api', api.scale, place),
  processorRule('api', api.scale, api.cpuMillicores),
];

export const api = { schema, rules };
