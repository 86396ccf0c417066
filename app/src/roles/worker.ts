import type { Logger } from 'pino';
import { openAnswerCache } from '../cache/answer-cache';
import { createJobMetrics } from '../jobs/job-metrics';
import { closeQueue, isReachable, openQueue, openWorker } from '../jobs/queue';
import { queueDependencies } from '../jobs/queue-health';
import { createProcessor } from '../jobs/run-job';
import type { EnvironmentOf } from '../runtime/env';
import { configuredSources } from '../sources/configured-sources';
import { SourceAccess } from '../sources/source-access';
import { forgetCredentialErrors } from '../sources/source-api';
import { createSourceMetrics } from '../sources/source-metrics';
import { type RunningRole, startRole } from './running-role';

/** Starts a worker: it runs up to CELERY_WORKER_CONCURRENCY jobs at a time. */
export const startWorker = (
  environment: EnvironmentOf<'worker'>,
  logger: Logger,
  stopping = new AbortController().signal,
): Promise<RunningRole> =>
  startRole(
    environment,
    // What a job asks may take as long as the job.
    { applicationName: 'stock-worker', statementLimitSeconds: environment.CELERY_TASK_TIME_LIMIT },
    logger,
    stopping,
    async ({ database, registry, health, onClose }) => {
      const queue = openQueue(environment, logger);
      const cache = openAnswerCache(environment, logger);
      onClose(async () => {
        await closeQueue(queue.close(), logger);
        cache?.close();
      });
      const priority = environment.SOURCE_PRIORITY;
      const sources = configuredSources(environment);
      const named = sources.filter(({ name }) => Object.values(priority).some((names) => names.includes(name)));
      const access = new SourceAccess({
        sources,
        priority,
        database,
        metrics: createSourceMetrics(registry, database, named),
        logger,
        requestTimeoutSeconds: environment.SOURCE_TIMEOUT,
      });
      forgetCredentialErrors(database).catch((error) =>
        logger.warn({ err: error }, 'old credential errors stay in force'),
      );
      const processor = createProcessor(
        { database, queue, cache, logger, access, priority, metrics: createJobMetrics(registry, named) },
        {
          softTimeLimitSeconds: environment.CELERY_TASK_SOFT_TIME_LIMIT,
          hardTimeLimitSeconds: environment.CELERY_TASK_TIME_LIMIT,
        },
      );
      const running = new Set<Promise<unknown>>();
      const worker = openWorker(
        environment,
        { concurrency: environment.CELERY_WORKER_CONCURRENCY },
        (job, token) => {
          const work = Promise.resolve(processor(job, token));
          running.add(work);
          return work.finally(() => running.delete(work));
        },
        logger,
      );
      onClose(async () => {
        await worker.pause(true);
        await Promise.allSettled(running);
        // In order, the worker also tells the queue what became of its jobs, and would wait for one that is down.
        await closeQueue(worker.close(!(await isReachable(queue))), logger);
      });
      health.add(...queueDependencies(queue, { isQueueOptional: false, areSchedulesOptional: true }), {
        name: 'worker',
        check: async () => {
          if (!worker.isRunning()) throw new Error('takes no jobs');
        },
      });
      worker.run().catch((error) => logger.error({ err: error }, 'job worker stopped'));
      return {};
    },
  );
