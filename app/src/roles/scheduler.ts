import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { registerPartitionEnd } from '../database/partition-metrics';
import { statementSeconds } from '../database/pool';
import { registerJobCounts } from '../jobs/job-counts';
import { closeQueue, openQueue } from '../jobs/queue';
import { queueDependencies } from '../jobs/queue-health';
import { Relay } from '../jobs/relay';
import { ScheduleKeeper } from '../jobs/schedule-keeper';
import { registerScheduleFaults } from '../jobs/schedule-metrics';
import { registerCalendar } from '../quality/calendar-metrics';
import { registerFreshness } from '../quality/freshness-metrics';
import type { EnvironmentOf } from '../runtime/env';
import { type RunningRole, startRole } from './running-role';

const relayIntervalSeconds = 5;
const relayIdleSeconds = 10;
const schedulesIntervalSeconds = 15;

/** Starts the scheduler: it keeps the schedules set and hands over the jobs that the queue does not have. */
export const startScheduler = (
  environment: EnvironmentOf<'scheduler'>,
  logger: Logger,
  stopping = new AbortController().signal,
): Promise<RunningRole> =>
  startRole(
    environment,
    { applicationName: 'stock-scheduler', statementLimitSeconds: statementSeconds.schedule },
    logger,
    stopping,
    async ({ database, registry, health, onClose }) => {
      const queue = openQueue(environment, logger);
      registerJobCounts(registry, database, queue);
      registerScheduleFaults(registry, queue);
      registerCalendar(registry, database);
      registerFreshness(registry, database);
      registerPartitionEnd(registry, database);
      health.add(...queueDependencies(queue, { isQueueOptional: false, areSchedulesOptional: false }));
      const relay = new Relay({ database, queue, logger }, relayIdleSeconds);
      const keeper = new ScheduleKeeper(queue, database, logger);

      const closing = new AbortController();
      async function every(seconds: number, work: () => Promise<unknown>): Promise<void> {
        while (!closing.signal.aborted) {
          await work().catch((error) => logger.error({ err: error }, 'scheduler'));
          await sleep(seconds * 1000, undefined, { signal: closing.signal }).catch(() => undefined);
        }
      }
      const working = Promise.all([
        every(relayIntervalSeconds, () => relay.run()),
        every(schedulesIntervalSeconds, () => keeper.keep()),
      ]);
      onClose(async () => {
        closing.abort();
        await closeQueue(queue.close(), logger);
        await closeQueue(working, logger);
      });
      return {};
    },
  );
