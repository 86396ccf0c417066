import { setTimeout as sleep } from 'node:timers/promises';
import type { System } from '../faults/system';

/** A fault of the system, and what is told of it: these alerts and no others. */
export interface Case {
  name: string;
  /** Does the harm; gives what ends it. */
  inject(system: System): Promise<() => Promise<void>>;
  alerts: readonly string[];
  /** What may be told too, since it follows from the fault when it lasts or by chance. */
  mayFollow?: readonly string[];
  /** Those whose end comes later than this waits: the error budget remembers half an hour. */
  lasting?: readonly string[];
}

const stormRequestsPerSecond = 10;
const waitingJobs = 5;
const budgets = ['ApiErrorBudgetBurnsFast', 'ApiErrorBudgetBurnsSlowly'];

/** The longest last: the error budget remembers them. */
export const cases: readonly Case[] = [
  {
    name: 'a dataset is behind the trading calendar',
    alerts: ['DatasetStale'],
    async inject(system) {
      await system.sql(
        `INSERT INTO trading_calendar (exchange, day, is_open, source)
           SELECT 'SH', day, extract(isodow FROM day) < 6, 'alerts'
           FROM generate_series(current_date - 20, current_date - 1, interval '1 day') AS day`,
      );
      await system.sql(
        `INSERT INTO stock_data (symbol, trade_date, open, high, low, close, volume, amount, source)
           VALUES ('600000.SH', current_date - 15, 1, 1, 1, 1, 1, 1, 'alerts')`,
      );
      return async () => {
        await system.sql(`DELETE FROM stock_data WHERE source = 'alerts'`);
        await system.sql(`DELETE FROM trading_calendar WHERE source = 'alerts'`);
      };
    },
  },
  {
    name: 'the only worker was killed while jobs wait',
    alerts: ['TargetDown', 'WorkersSilent'],
    async inject(system) {
      system.signal('worker', 'SIGKILL');
      for (let job = 0; job < waitingJobs; job++) {
        await ask(system, '/api/v1/jobs', { type: 'ingest', dataset: 'stock_basic', source: 'sample' });
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
          ask(system, `/api/v1/stocks?limit=${1 + (asked % 1000)}`).catch(() => undefined);
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

const ask = (system: System, path: string, body?: object): Promise<Response> =>
  fetch(`${system.url}${path}`, {
    method: body ? 'POST' : 'GET',
    headers: { 'x-api-key': system.apiKey, 'content-type': 'application/json' },
    body: body && JSON.stringify(body),
    signal: AbortSignal.timeout(10_000),
  });
