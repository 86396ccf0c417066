import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { createPool } from '../database/pool';
import type { EnvironmentOf } from '../env';
import { databaseDependencies, Health, queueDependency } from '../health';
import { closeQueue, openQueue } from '../jobs/queue';
import { Relay } from '../jobs/relay';
import { installSchedules } from '../jobs/schedules';
import { createRegistry, registerJobCounts } from '../metrics';
import { buildOperationsServer } from '../operations-server';
import { type RunningRole, urlOf } from './running-role';

const relayIntervalSeconds = 5;
const relayIdleSeconds = 10;

/** Starts the scheduler: it sets the schedules and hands over the jobs that the queue does not have. */
export async function startScheduler(environment: EnvironmentOf<'scheduler'>, logger: Logger): Promise<RunningRole> {
  const { HTTP_HOST: host, METRICS_PORT: port } = environment;
  const database = createPool(environment, 'stock-scheduler');
  database.on('error', (error) => logger.warn({ err: error }, 'database connection lost'));
  const queue = openQueue(environment, logger);
  const registry = createRegistry(database);
  registerJobCounts(registry, database, queue);

  const relay = new Relay({ database, queue, logger }, relayIdleSeconds);
  let areSchedulesSet = false;
  const health = new Health([
    ...databaseDependencies(database),
    queueDependency(queue),
    {
      name: 'schedules',
      check: async () => {
        if (!areSchedulesSet) throw new Error('not set yet');
      },
    },
  ]);
  const operations = buildOperationsServer(health, environment.PROMETHEUS_ENABLED ? registry : undefined);

  const stopping = new AbortController();
  async function work(): Promise<void> {
    while (!stopping.signal.aborted) {
      try {
        if (!areSchedulesSet) await installSchedules(queue);
        areSchedulesSet = true;
        await relay.run();
      } catch (error) {
        logger.error({ err: error }, 'scheduler');
      }
      await sleep(relayIntervalSeconds * 1000, undefined, { signal: stopping.signal }).catch(() => undefined);
    }
  }
  let working = Promise.resolve();
  const close = async () => {
    health.stop();
    stopping.abort();
    await closeQueue(queue.close(), logger);
    await closeQueue(working, logger);
    await operations.close();
    await database.end();
  };
  try {
    await operations.listen({ host, port });
  } catch (error) {
    await close();
    throw error;
  }
  working = work();
  return { urls: { metrics: `${urlOf(host, port)}/metrics` }, close };
}
