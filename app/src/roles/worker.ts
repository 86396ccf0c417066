import type { Logger } from 'pino';
import { openAnswerCache } from '../answer-cache';
import { createPool } from '../database/pool';
import type { EnvironmentOf } from '../env';
import { databaseDependencies, Health, queueDependency } from '../health';
import { closeQueue, isReachable, openQueue, openWorker } from '../jobs/queue';
import { createProcessor } from '../jobs/run-job';
import { createJobMetrics, createRegistry, createSourceMetrics } from '../metrics';
import { buildOperationsServer } from '../operations-server';
import { configuredSources } from '../sources/configured-sources';
import { SourceAccess } from '../sources/source-access';
import { forgetCredentialErrors } from '../sources/source-api';
import { type RunningRole, urlOf } from './running-role';

/** Starts a worker: it runs up to CELERY_WORKER_CONCURRENCY jobs at a time. */
export async function startWorker(environment: EnvironmentOf<'worker'>, logger: Logger): Promise<RunningRole> {
  const { HTTP_HOST: host, METRICS_PORT: port } = environment;
  const database = createPool(environment, 'stock-worker');
  database.on('error', (error) => logger.warn({ err: error }, 'database connection lost'));
  const queue = openQueue(environment, logger);
  const cache = openAnswerCache(environment, logger);
  const registry = createRegistry(database);
  const priority = environment.SOURCE_PRIORITY;
  const access = new SourceAccess({
    sources: configuredSources(environment),
    priority,
    database,
    metrics: createSourceMetrics(registry, database),
    logger,
    requestTimeoutSeconds: environment.SOURCE_TIMEOUT,
  });
  forgetCredentialErrors(database).catch((error) => logger.warn({ err: error }, 'old credential errors stay in force'));
  const processor = createProcessor(
    { database, queue, cache, logger, access, priority, metrics: createJobMetrics(registry) },
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
  const health = new Health([
    ...databaseDependencies(database),
    queueDependency(queue),
    {
      name: 'worker',
      check: async () => {
        if (!worker.isRunning()) throw new Error('takes no jobs');
      },
    },
  ]);
  const operations = buildOperationsServer(health, environment.PROMETHEUS_ENABLED ? registry : undefined);
  const close = async () => {
    health.stop();
    await worker.pause(true);
    await Promise.allSettled(running);
    // In order, the worker also tells the queue what became of its jobs, and would wait for one that is down.
    await closeQueue(worker.close(!(await isReachable(queue))), logger);
    await operations.close();
    await closeQueue(queue.close(), logger);
    cache?.close();
    await database.end();
  };
  try {
    await operations.listen({ host, port });
  } catch (error) {
    await close();
    throw error;
  }
  worker.run().catch((error) => logger.error({ err: error }, 'job worker stopped'));
  return { urls: { metrics: `${urlOf(host, port)}/metrics` }, close };
}
