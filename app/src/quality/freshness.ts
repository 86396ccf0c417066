import type { Database } from '../database/pool';
import { joined, literal, sql } from '../database/sql';
import { descriptors } from '../datasets/datasets';
import { readLatestDays } from '../datasets/latest-days';
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

const lastRuns = sql`
  SELECT DISTINCT ON (dataset) dataset, state, source, started_at, finished_at, error
  FROM ingest_run ORDER BY dataset, started_at DESC, id DESC`;

// PostgreSQL's own numbers, those of writing or else of planning: counting millions of rows would take too long.
const rowEstimates = sql`
  SELECT dataset, sum(greatest(nullif(n_live_tup, 0), reltuples, 0))::bigint::float8 AS rows
  FROM (VALUES ${joined(
    datasets.map((dataset) => sql`(${literal(dataset)}, ${literal(descriptors[dataset].table)})`),
    ', ',
  )}) AS kept (dataset, relation)
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
    readLatestDays(database),
    database.query<{ dataset: string }>(lastRuns),
    database.query<{ dataset: string; rows: number }>(rowEstimates),
  ]);
  const lastRun = new Map(runs.rows.map(({ dataset, ...run }) => [dataset, run]));
  const rowsEstimate = new Map(estimates.rows.map(({ dataset, rows }) => [dataset, rows]));
  return Promise.all(
    datasets.map(async (dataset) => {
      const day = latest.get(dataset) ?? null;
      const { days, dueAt } = descriptors[dataset];
      const isDue = timeInShanghai(now) >= dueAt;
      const expected = days === 'past and future' ? today : ((isDue ? upToToday : upToYesterday) ?? null);
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
