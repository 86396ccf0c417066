import { z } from 'zod';
import { databasePool, scale, size } from '../fields';
import type { Place } from '../place';
import type { Rule } from '../rule';
import { processorRule, scaleRules } from '../scale-rules';

const schema = z.strictObject({
  scale,
  databasePool,
  ...size,
  /** Jobs one process runs at a time (CELERY_WORKER_CONCURRENCY). */
  concurrency: z.int().min(1).max(64),
  /** After this a job is asked to stop (CELERY_TASK_SOFT_TIME_LIMIT). */
  softTimeLimitSeconds: z.int().min(1).max(86_400),
});

const rules = ({ worker, ...place }: Place & { worker: z.output<typeof schema> }): Rule[] => [
  ...scaleRules('worker', worker.scale, place),
  processorRule('worker', worker.scale, worker.cpuMillicores),
];

export const worker = { schema, rules };
