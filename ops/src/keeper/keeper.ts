import { setInterval, setTimeout as sleep } from 'node:timers/promises';
import { collectDefaultMetrics, Registry } from 'prom-client';
import { Health } from '../../../app/src/runtime/health';
import { listen } from '../../../app/src/runtime/listen';
import { createLogger } from '../../../app/src/runtime/logging';
import { buildOperationsServer } from '../../../app/src/runtime/operations-server';
import { createCopy } from '../backup/create';
import { openStore } from '../backup/open-store';
import { pruneCopies } from '../backup/prune';
import { Progress } from '../cli/progress';
import { connected, serverFacts } from '../database/server';
import { listTables } from '../database/table-facts';
import { drill } from '../drill/drill';
import type { EnvironmentOf } from '../environment';
import { maintenanceTasks } from '../maintain/maintenance-tasks';
import { makeBaseBackup } from '../wal/base-backup';
import { isLogWhole } from '../wal/log-file';
import { PointsInTime, receivedLog } from '../wal/points-in-time';
import { WalReceiver } from '../wal/wal-receiver';
import { initNewStore } from './new-store';
import { gaugeWithoutSample, StoreMetrics, show } from './store-metrics';
import { type Task, Timetable } from './timetable';

const lookMilliseconds = 15_000;
const lockWaitSeconds = 300;

/**
 * Keeps the copies of an environment: makes, prunes and drills them at their times, one thing after the other, receives the
 * write-ahead log, and tells of it. A time that was missed is caught up; what was never done is done at once.
 */
export async function keep(environment: EnvironmentOf<'serve'>, signal: AbortSignal): Promise<void> {
  const logger = createLogger('stock-analysis-backup', 'INFO');
  const store = await openStore(environment);
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const metrics = new StoreMetrics(registry, store, environment.STOCK_ENVIRONMENT);
  const health = new Health([{ name: 'store', check: () => metrics.refresh() }]);
  const server = buildOperationsServer(health, registry);
  await listen(server, { host: environment.HTTP_HOST, port: environment.METRICS_PORT });
  logger.info({ store: store.place }, 'keeping copies');

  const progress = new Progress(false);
  const looks = [() => metrics.refresh()];
  const tasks: Task[] = [
    {
      name: 'backup',
      schedule: environment.BACKUP_SCHEDULE,
      lastDone: async () => metrics.lastCopy,
      waitsFor: async () =>
        metrics.hasCopies || (await hasTables(environment)) ? undefined : 'a database with tables',
      run: () =>
        counted(metrics.backups, async () => {
          const { manifest, verification } = await createCopy(store, environment, {
            lockWaitSeconds,
            despiteClock: false,
            progress,
            signal,
          });
          if (verification.state !== 'verified')
            throw new Error(`copy ${manifest.id} is damaged: ${verification.problems}`);
          const removed = (await pruneCopies(store, environment, true)).filter(({ isKept }) => !isKept);
          logger.info({ copy: manifest.id, removed: removed.map(({ id }) => id) }, 'copied');
        }),
    },
    {
      name: 'drill',
      schedule: environment.DRILL_SCHEDULE,
      lastDone: async () => metrics.lastDrill,
      waitsFor: async () => (metrics.hasCopies ? undefined : 'a copy'),
      run: () =>
        counted(metrics.drills, async () => {
          logger.info(await drill(store, environment, undefined, { progress, signal }), 'drilled');
        }),
    },
    ...maintenanceTasks(environment, { registry, logger, signal, hasTables: () => hasTables(environment) }),
  ];
  // Before anything is written; what fails here is told by the first look.
  await initNewStore(store, environment).catch(() => undefined);
  const receiving = environment.BASE_BACKUP_SCHEDULE
    ? receive({ ...environment, BASE_BACKUP_SCHEDULE: environment.BASE_BACKUP_SCHEDULE })
    : undefined;
  try {
    await Promise.all([work(), receiving]);
  } finally {
    health.stop();
    await server.close();
    store.close();
  }

  /** Points in time: the log is received all the time, its bases are made at theirs. */
  function receive({ BASE_BACKUP_SCHEDULE: schedule, BACKUP_WORK: work }: Receiving): Promise<void> {
    const receiver = new WalReceiver(environment, store, logger);
    metrics.watch(receiver);
    const gauge = gaugeWithoutSample(
      registry,
      'stock_base_backup_last_success_timestamp_seconds',
      'When the newest base backup was finished.',
    );
    const points = new PointsInTime(store);
    const lastBase = async () => {
      const { systemIdentifier: system } = await connected(environment, serverFacts);
      const newest = (await points.bases(system)).at(-1);
      show(gauge, newest?.finishedAt);
      if (!newest) return undefined;
      const { firstLogFile, finishedAt } = newest;
      // First what is here, which may be in the store by the second look.
      const log = [...(await receivedLog(work, system)), ...(await points.log(system, firstLogFile))];
      return isLogWhole(log, firstLogFile) ? finishedAt : undefined;
    };
    looks.push(async () => void (await lastBase()));
    tasks.push({
      name: 'base backup',
      schedule,
      lastDone: lastBase,
      run: async () => {
        const recipients = environment.BACKUP_AGE_RECIPIENTS;
        const base = await makeBaseBackup(environment, store, { work, recipients, progress, signal });
        logger.info({ base }, 'base backup made');
      },
    });
    return receiver.run(signal);
  }

  async function work(): Promise<void> {
    const timetable = new Timetable(logger, signal);
    let said = '';
    while (!signal.aborted) {
      try {
        // Also where it cannot be used: that is told.
        await initNewStore(store, environment).finally(() => metrics.refresh());
        said = '';
        health.start();
        for (const task of tasks) if (await watched(() => timetable.attend(task))) await metrics.refresh();
      } catch (error) {
        // What is so for hours is said once.
        const { message } = error as Error;
        if (!signal.aborted && message !== said) logger.error({ err: error }, 'the store cannot be used');
        said = message;
      }
      await sleep(lookMilliseconds, undefined, { signal }).catch(() => undefined);
    }
  }

  /** A copy takes hours, in which a store can be full or gone. */
  async function watched<T>(under: () => Promise<T>): Promise<T> {
    const done = new AbortController();
    const watching = (async () => {
      for await (const _ of setInterval(lookMilliseconds, undefined, { signal: done.signal })) {
        for (const look of looks) await look().catch(() => undefined);
      }
    })().catch(() => undefined);
    try {
      return await under();
    } finally {
      done.abort();
      await watching;
    }
  }
}

type Receiving = EnvironmentOf<'serve'> & { BASE_BACKUP_SCHEDULE: string };

/** A new environment has none before the application's first migration. What cannot be told is for the copy to say. */
const hasTables = (environment: EnvironmentOf<'serve'>): Promise<boolean> =>
  connected(environment, listTables).then(
    (tables) => tables.length > 0,
    () => true,
  );

async function counted(counter: StoreMetrics['backups'], work: () => Promise<void>): Promise<void> {
  try {
    await work();
    counter.inc({ result: 'ok' });
  } catch (error) {
    counter.inc({ result: 'failed' });
    throw error;
  }
}
