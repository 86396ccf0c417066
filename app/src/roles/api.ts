import type { Logger } from 'pino';
import { buildApi } from '../api/api';
import { createHttpMetrics } from '../api/http-metrics';
import type { Monitor } from '../api/monitor-report';
import { openAnswerCache } from '../cache/answer-cache';
import { statementSeconds } from '../database/pool';
import { DatabasePulse } from '../database/pulse';
import { closeQueue, openQueue } from '../jobs/queue';
import { queueDependencies } from '../jobs/queue-health';
import type { EnvironmentOf } from '../runtime/env';
import { listen } from '../runtime/listen';
import { type RunningRole, startRole, urlOf } from './running-role';

/** Long enough not to mistake the start of the process for overload. */
const overload = { delayMilliseconds: 1_000, measuredMilliseconds: 5_000 };
/** For requests under way when told to stop; one that is never sent to its end would keep the process. */
const drainSeconds = 15;

/** A third of the connections to the database: two keys that ask as much as they can leave room for others. */
const placesPerKey = ({ DATABASE_POOL_SIZE, DATABASE_MAX_OVERFLOW }: EnvironmentOf<'api'>): number =>
  Math.ceil((DATABASE_POOL_SIZE + DATABASE_MAX_OVERFLOW) / 3);

/** Starts the HTTP API. @param monitor what watches the product from within, if anything does */
export const startApi = (
  environment: EnvironmentOf<'api'>,
  logger: Logger,
  stopping = new AbortController().signal,
  monitor?: Monitor,
): Promise<RunningRole> =>
  startRole(
    environment,
    {
      applicationName: 'stock-api',
      statementLimitSeconds: statementSeconds.request,
      plans: 'generic',
      isForReading: true,
    },
    logger,
    stopping,
    async ({ database, watchDatabase, registry, health, onClose }) => {
      const { HTTP_HOST: host, HTTP_PORT: port } = environment;
      const queue = openQueue(environment, logger);
      onClose(() => closeQueue(queue.close(), logger));
      const cache = openAnswerCache(environment, logger);
      onClose(() => cache?.close());
      health.add(...queueDependencies(queue, { isQueueOptional: true, areSchedulesOptional: true }));
      if (cache) health.add({ name: 'cache', optional: true, check: () => cache.ping() });
      const pulse = new DatabasePulse(watchDatabase, logger);
      onClose(() => pulse.stop());
      pulse.run();
      const api = await buildApi({
        database,
        watchDatabase,
        pulse,
        databasePlacesPerKey: placesPerKey(environment),
        queue,
        cache,
        health,
        metrics: createHttpMetrics(registry),
        logger,
        secretKey: environment.SECRET_KEY,
        formerSecretKey: environment.FORMER_SECRET_KEY,
        debug: environment.DEBUG,
        sourcePriority: environment.SOURCE_PRIORITY,
        cacheSeconds: {
          realtime: environment.CACHE_TTL_REALTIME_DATA,
          daily: environment.CACHE_TTL_DAILY_DATA,
          historical: environment.CACHE_TTL_HISTORICAL_DATA,
        },
        requestsPerMinute: environment.API_REQUESTS_PER_MINUTE,
        jobQuota: { perKey: environment.API_UNFINISHED_JOBS_PER_KEY, total: environment.API_UNFINISHED_JOBS },
        allowedOrigins: environment.CORS_ALLOWED_ORIGINS ?? [],
        trustedProxies: environment.TRUSTED_PROXIES ?? [],
        overload,
        monitor,
      });
      onClose(async () => {
        const cutOff = setTimeout(() => api.server.closeAllConnections(), drainSeconds * 1000);
        await api.close();
        clearTimeout(cutOff);
      });
      await listen(api, { host, port });
      const url = urlOf(host, port);
      return { api: url, docs: `${url}/docs` };
    },
  );
