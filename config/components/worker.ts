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
  /** After this a job that did not stop is given up (CELERY_TASK_TIME_LIMIT). @default - a minute after it was asked */
  hardTimeLimitSeconds: z.int().min(2).max(90_000).optional(),
});

const rules = ({ worker, ...place }: Place & { worker: z.output<typeof schema> }): Rule[] => [
  ...scaleRules('worker', worker.scale, place),
  processorRule('worker', worker.scale, worker.cpuMillicores),
  {
    isBroken: worker.hardTimeLimitSeconds !== undefined && worker.hardTimeLimitSeconds <= worker.softTimeLimitSeconds,
    path: 'worker.hardTimeLimitSeconds',
    got: worker.hardTimeLimitSeconds,
    allowed: `more than softTimeLimitSeconds, ${worker.softTimeLimitSeconds}`,
  },
];

export const worker = { schema, rules };
