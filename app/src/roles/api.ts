import type { Logger } from 'pino';
import { openAnswerCache } from '../answer-cache';
import { buildApi } from '../api/api';
import { createPool } from '../database/pool';
import type { EnvironmentOf } from '../env';
import { databaseDependencies, Health, queueDependency } from '../health';
import { closeQueue, openQueue } from '../jobs/queue';
import { createHttpMetrics, createRegistry } from '../metrics';
import { buildOperationsServer } from '../operations-server';
import { type RunningRole, urlOf } from './running-role';

/** Long enough that the start of the process is not taken for it. */
const overload = { delayMilliseconds: 1_000, measuredMilliseconds: 5_000 };

/** Starts the HTTP API. */
export async function startApi(environment: EnvironmentOf<'api'>, logger: Logger): Promise<RunningRole> {
  const { HTTP_HOST: host, HTTP_PORT, METRICS_PORT } = environment;
  const database = createPool(environment, 'stock-api', 'generic');
  database.on('error', (error) => logger.warn({ err: error }, 'database connection lost'));
  const queue = openQueue(environment, logger);
  const cache = openAnswerCache(environment, logger);
  const health = new Health([
    ...databaseDependencies(database),
    queueDependency(queue),
    ...(cache ? [{ name: 'cache', optional: true, check: () => cache.ping() }] : []),
  ]);
  const registry = createRegistry(database);
  const api = await buildApi({
    database,
    queue,
    cache,
    health,
    metrics: createHttpMetrics(registry),
    logger,
    secretKey: environment.SECRET_KEY,
    debug: environment.DEBUG,
    sourcePriority: environment.SOURCE_PRIORITY,
    cacheSeconds: {
      realtime: environment.CACHE_TTL_REALTIME_DATA,
      daily: environment.CACHE_TTL_DAILY_DATA,
      historical: environment.CACHE_TTL_HISTORICAL_DATA,
    },
    requestsPerMinute: environment.API_REQUESTS_PER_MINUTE,
    overload,
  });
  const operations = buildOperationsServer(health, environment.PROMETHEUS_ENABLED ? registry : undefined);
  const close = async () => {
    health.stop();
    await api.close();
    await operations.close();
    await closeQueue(queue.close(), logger);
    cache?.close();
    await database.end();
  };
  try {
    await api.listen({ host, port: HTTP_PORT });
    await operations.listen({ host, port: METRICS_PORT });
  } catch (error) {
    await close();
    throw error;
  }
  const url = urlOf(host, HTTP_PORT);
  return { urls: { api: url, docs: `${url}/docs`, metrics: `${urlOf(host, METRICS_PORT)}/metrics` }, close };
}
