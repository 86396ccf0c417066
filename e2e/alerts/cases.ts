import { setTimeout as sleep } from 'node:timers/promises';
import type { System } from '../faults/system';
import { ask } from './ask';
import type { KeptDatabase } from './kept-database';

/** A fault of the system, and what is told of it: these alerts and no others. */
export interface Case {
  name: string;
  /** Does the harm; gives what ends it. */
  inject(system: System, kept: KeptDatabase): Promise<() => Promise<void>>;
  alerts: readonly string[];
  /** What may be told too, since it follows from the fault when it lasts or by chance. */
  mayFollow?: readonly string[];
  /** Those whose end comes later than this waits: the error budget remembers half an hour. */
  lasting?: readonly string[];
  /** What stands in the expressions of `alerts` and is shortened while this lasts, and what stands there then. */
  shortened?: Readonly<Record<string, string>>;
}

const stormRequestsPerSecond = 10;
const waitingJobs = 5;
const budgets = ['ApiErrorBudgetBurnsFast', 'ApiErrorBudgetBurnsSlowly'];

/** The longest last: the error budget remembers them. */
export const cases: readonly Case[] = [
  {
    name: 'a dataset lacks days and is behind the trading calendar',
    alerts: ['DatasetStale', 'DatasetHasGaps'],
    async inject(system) {
      // Three trading days are missing before one that is there, and all after it.
      await system.sql(
        `CREATE TABLE bars_away AS
           SELECT * FROM stock_data
           WHERE trade_date > current_date - 20 AND trade_date <> (
             SELECT day FROM trading_calendar WHERE exchange = 'SH' AND is_open AND day > current_date - 20
             ORDER BY day LIMIT 1 OFFSET 3)`,
      );
      await system.sql(
        'DELETE FROM stock_data WHERE (symbol, trade_date) IN (SELECT symbol, trade_date FROM bars_away)',
      );
      return async () => {
        await system.sql('INSERT INTO stock_data SELECT * FROM bars_away ON CONFLICT DO NOTHING');
        await system.sql('DROP TABLE bars_away');
      };
    },
  },
  {
    name: 'the only worker was killed while jobs wait',
    alerts: ['TargetDown', 'WorkersSilent'],
    async inject(system) {
      system.signal('worker', 'SIGKILL');
      for (let job = 0; job < waitingJobs; job++) {
        await ask(system, system.url, '/api/v1/jobs', { type: 'ingest', dataset: 'stock_basic', source: 'sample' });
      }
      return () => system.startRole('worker');
    },
  },
  {
    name: 'the queue is full',
    alerts: ['RedisMemoryHigh'],
    async inject(system) {
      const info = String(await system.redis('queue', 'INFO', 'memory'));
      const used = Number(/^used_memory:(\d+)/m.exec(info)?.[1]);
      await system.redis('queue', 'CONFIG', 'SET', 'maxmemory', String(Math.round(used * 1.02)));
      return async () => void (await system.redis('queue', 'CONFIG', 'SET', 'maxmemory', '0'));
    },
  },
  {
    name: 'PostgreSQL is frozen',
    alerts: ['PostgresDown', 'HealthNotReached'],
    // The exporter and the scheduler are asked for what they cannot tell.
    mayFollow: ['TargetDown', 'SchedulerMetricsMissing', 'HighErrorRate', ...budgets],
    lasting: budgets,
    async inject(system) {
      system.signalPostgres('SIGSTOP');
      return async () => {
        system.signalPostgres('SIGCONT');
        await system.untilPostgresAnswers();
      };
    },
  },
  {
    name: 'a storm of server errors',
    alerts: ['HighErrorRate'],
    // The budgets may still be told of from the fault before; the disk for logs is a small one here.
    mayFollow: [...budgets, 'LogRecordsLost'],
    lasting: budgets,
    async inject(system) {
      await system.sql('ALTER TABLE stock RENAME TO stock_away');
      let isOver = false;
      const storm = (async () => {
        for (let asked = 0; !isOver; asked++) {
          ask(system, system.url, `/api/v1/stocks?limit=${1 + (asked % 1000)}`).catch(() => undefined);
          await sleep(1000 / stormRequestsPerSecond);
        }
      })();
      return async () => {
        isOver = true;
        await storm;
        await system.sql('ALTER TABLE stock_away RENAME TO stock');
      };
    },
  },
];
