import { z } from 'zod';
import { databasePool, scale, size } from '../fields';
import type { Place } from '../place';
import type { Rule } from '../rule';
import { processorRule, scaleRules } from '../scale-rules';

const schema = z.strictObject({ scale, databasePool, ...size });

const rules = ({ api, ...place }: Place & { api: z.output<typeof schema> }): Rule[] => [
  ...scaleRules('api', api.scale, place),
  processorRule('api', api.scale, api.cpuMillicores),
];

export const api = { schema, rules };
