import type { Database } from '../database/pool';
import { sql } from '../database/sql';
import { type Dataset, datasets } from '../market/dataset';
import { lastTradingDay } from '../market/trading-calendar';
import { addDays, dayInShanghai, timeInShanghai } from '../market/trading-day';

/** How far a dataset reaches, and how far it should. */
export interface Freshness {
  dataset: Dataset;
  /** Last day it has rows of; null without any. */
  latest_day: string | null;
  /** Last day it should have rows of; null where the trading calendar does not tell. */
  expected_day: string | null;
  /** Trading days after latest_day up to expected_day. */
  lag_trading_days: number | null;
  rows_estimate: number;
  last_run: unknown;
}

/** When, in Shanghai, the rows of a trading day should be there; factors come before the opening, bars after the close. */
const expectedFrom: Record<Dataset, string> = {
  trade_cal: '00:00',
  stock_basic: '09:30',
  symbol_alias: '09:30',
  suspend: '09:30',
  adj_factor: '10:00',
  daily: '18:00',
  realtime: '10:00',
};

/** The last day of each dataset. Lists have no day of their own: for them it is that of their last complete load. */
const latestDays = sql`
  SELECT 'daily' AS dataset, (SELECT max(trade_date) FROM stock_data) AS day
  UNION ALL SELECT 'trade_cal', (SELECT max(day) FROM trading_calendar)
  UNION ALL SELECT 'realtime', (SELECT (max(quoted_at) AT TIME ZONE 'Asia/Shanghai')::date FROM quote)
  UNION ALL SELECT dataset, max(last_day) FROM ingest_run
            WHERE state = 'completed' AND is_whole_market AND dataset IN ('stock_basic', 'symbol_alias', 'suspend', 'adj_factor')
            GROUP BY dataset`;

const lastRuns = sql`
  SELECT DISTINCT ON (dataset) dataset, state, source, started_at, finished_at, error
  FROM ingest_run ORDER BY dataset, started_at DESC, id DESC`;

// PostgreSQL's own numbers, those of writing or else of planning: counting millions of rows would take too long.
const rowEstimates = sql`
  SELECT dataset, sum(greatest(nullif(n_live_tup, 0), reltuples, 0))::bigint::float8 AS rows
  FROM (VALUES ('trade_cal', 'trading_calendar'), ('stock_basic', 'stock'), ('symbol_alias', 'symbol_alias'),
               ('suspend', 'suspension'), ('adj_factor', 'adjustment_factor'), ('daily', 'stock_data'),
               ('realtime', 'quote')) AS kept (dataset, relation)
  CROSS JOIN LATERAL pg_partition_tree(relation::regclass) AS tree
  JOIN pg_class ON pg_class.oid = tree.relid
  JOIN pg_stat_user_tables AS written ON written.relid = tree.relid
  WHERE isleaf GROUP BY dataset`;

/** Reads the freshness of every dataset against the trading calendar. */
export async function findFreshness(database: Database, now: Date): Promise<Freshness[]> {
  const today = dayInShanghai(now);
  const [upToToday, upToYesterday, latest, runs, estimates] = await Promise.all([
    lastTradingDay(database, today),
    lastTradingDay(database, addDays(today, -1)),
    database.query<{ dataset: string; day: string | null }>(latestDays),
    database.query<{ dataset: string }>(lastRuns),
    database.query<{ dataset: string; rows: number }>(rowEstimates),
  ]);
  const latestDay = new Map(latest.rows.map(({ dataset, day }) => [dataset, day]));
  const lastRun = new Map(runs.rows.map(({ dataset, ...run }) => [dataset, run]));
  const rowsEstimate = new Map(estimates.rows.map(({ dataset, rows }) => [dataset, rows]));
  return Promise.all(
    datasets.map(async (dataset) => {
      const day = latestDay.get(dataset) ?? null;
      const isDue = timeInShanghai(now) >= expectedFrom[dataset];
      const expected = dataset === 'trade_cal' ? today : ((isDue ? upToToday : upToYesterday) ?? null);
      return {
        dataset,
        latest_day: day,
        expected_day: expected,
        lag_trading_days: day === null || expected === null ? null : await tradingDaysAfter(database, day, expected),
        rows_estimate: rowsEstimate.get(dataset) ?? 0,
        last_run: lastRun.get(dataset) ?? null,
      };
    }),
  );
}

async function tradingDaysAfter(database: Database, day: string, until: string): Promise<number> {
  const { rows } = await database.query<{ days: number }>(
    sql`SELECT count(*)::int AS days FROM trading_calendar WHERE exchange = 'SH' AND is_open AND day > $1 AND day <= $2`,
    [day, until],
  );
  return rows[0]?.days ?? 0;
}
