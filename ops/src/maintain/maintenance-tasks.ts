import type { Logger } from 'pino';
import { Counter, Gauge, type Registry } from 'prom-client';
import { dayInShanghai } from '../../../app/src/market/trading-day';
import { Progress } from '../cli/progress';
import type { EnvironmentOf } from '../environment';
import type { Task } from '../keeper/timetable';
import { takeAway } from './leftovers/leftover';
import { workLeftovers } from './leftovers/work-leftovers';
import { maintain } from './maintain';
import { lastDone, maintenanceRecord, noteMaintained } from './maintenance-record';
import type { Scope } from './steps';

export interface Keeping {
  registry: Registry;
  logger: Logger;
  signal: AbortSignal;
  hasTables: () => Promise<boolean>;
}

/** The night is over then. */
const limitSeconds = 4 * 3_600;

/**
 * The upkeep of the database as tasks of the keeper of its copies, which does one thing after the other: never beside a copy or a drill. What
 * is told of them is read from the record, so that it is true after a restart as well.
 */
export function maintenanceTasks(environment: EnvironmentOf<'serve'>, keeping: Keeping): Task[] {
  const { registry, logger, signal, hasTables } = keeping;
  const { BACKUP_WORK: work } = environment;
  const attempts = new Counter({
    name: 'stock_maintenance_attempts_total',
    help: 'Times that the upkeep of the database was begun, by how it ended.',
    labelNames: ['result'] as const,
    registers: [registry],
  });
  for (const result of ['ok', 'failed']) attempts.inc({ result }, 0);
  new Gauge({
    name: 'stock_maintenance_last_success_timestamp_seconds',
    help: 'When the upkeep of the database was last done, or was first waited for.',
    labelNames: ['scope'] as const,
    registers: [registry],
    async collect() {
      const record = await maintenanceRecord(work);
      for (const scope of ['weekly', 'monthly'] as const) this.set({ scope }, lastDone(record, scope).getTime() / 1000);
    },
  });

  const task = (scope: Scope, schedule: string): Task => ({
    name: `${scope} maintenance`,
    schedule,
    lastDone: async () => lastDone(await maintenanceRecord(work), scope),
    waitsFor: async () => ((await hasTables()) ? undefined : 'a database with tables'),
    run: async () => {
      const result = await doNow(scope).catch((error) => {
        attempts.inc({ result: 'failed' });
        throw error;
      });
      attempts.inc({ result });
    },
  });

  async function doNow(scope: Scope): Promise<'ok'> {
    const year = Number(dayInShanghai(new Date()).slice(0, 4));
    const options = { scope, year, limitSeconds, progress: new Progress(false), signal };
    const { done, left } = await maintain(environment, options);
    const failed = done.filter(({ error }) => error !== undefined);
    if (failed.length > 0)
      throw new Error(failed.map(({ kind, object, error }) => `${kind} ${object}: ${error}`).join('; '));
    await noteMaintained(work, scope);
    const takenAway = await takeAway(await workLeftovers(work), signal);
    logger.info({ scope, done: done.length, left, takenAway: takenAway.map((each) => each.path) }, 'maintained');
    return 'ok';
  }

  return [
    // First what has the other in it.
    task('monthly', environment.MONTHLY_MAINTENANCE_SCHEDULE),
    task('weekly', environment.MAINTENANCE_SCHEDULE),
  ];
}
