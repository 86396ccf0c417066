import type { Database } from '../database/pool';
import { integer, type Sql, sql } from '../database/sql';
import { isWhollyLoaded } from '../datasets/last-whole-load';
import type { HistoricalDataset } from '../market/dataset';

/** After this many searches in vain a row is given up, once it is this many days old. */
const searchesUntilGivenUp = 3;
const daysUntilGivenUp = 30;

/** How complete a dataset is, in trading days: expected = present + suspended + given_up + gaps. */
export interface Completeness {
  /** A stock; null where the dataset is complete or not for the whole market. */
  symbol: string | null;
  expected: number;
  present: number;
  /** Days without a row on which the stock was suspended all day. */
  suspended: number;
  /** Days whose row was searched for several times in vain. */
  given_up: number;
  /** The other days without a row, in order. */
  gaps: string[];
}

/** What is missing, and how far the calendar can tell. */
export interface GapReport {
  stocks: Completeness[];
  /** Days of the range that the trading calendar does not know, of which nothing is expected. */
  unknownDays: number;
}

const isGivenUp = (search: Sql): Sql =>
  sql`(${search}.searches >= ${integer(searchesUntilGivenUp)} AND ${search}.day < current_date - ${integer(daysUntilGivenUp)})`;

/**
 * The trading days from a stock's listing, or its first bar where no source says when it was listed, until it was
 * delisted. A paused stock, and a delisted one without a day, is expected to trade until its last bar; so is one whose
 * later bars were given up.
 */
const dailyBars = sql`
  WITH open_day AS MATERIALIZED (
    SELECT exchange, day FROM exchange_day WHERE is_open AND day BETWEEN $2 AND $3
  ), bar AS MATERIALIZED (
    SELECT symbol, trade_date FROM stock_data
    WHERE trade_date BETWEEN $2 AND $3 AND ($1::text[] IS NULL OR symbol = ANY ($1))
  ), given_up AS MATERIALIZED (
    SELECT symbol, max(day) AS last_day FROM gap_search AS search
    WHERE dataset = 'daily' AND ${isGivenUp(sql`search`)} GROUP BY symbol
  ), unsure AS MATERIALIZED (
    SELECT symbol, list_status <> 'listed' AND delist_date IS NULL AS has_ended, given_up.last_day AS given_up_day,
           (SELECT max(trade_date) FROM stock_data WHERE stock_data.symbol = stock.symbol) AS last_day
    FROM stock LEFT JOIN given_up USING (symbol)
    WHERE ($1::text[] IS NULL OR symbol = ANY ($1))
      AND (list_status <> 'listed' AND delist_date IS NULL OR given_up.symbol IS NOT NULL)
  ), silent AS (
    SELECT symbol, has_ended, coalesce(last_day, '0001-01-01') AS last_day FROM unsure
    WHERE has_ended OR last_day IS NULL OR given_up_day > last_day
  )
  SELECT stock.symbol, count(*)::int AS expected, count(bar.symbol)::int AS present,
         count(*) FILTER (WHERE state = 'suspended')::int AS suspended,
         count(*) FILTER (WHERE state = 'given up')::int AS given_up,
         coalesce(array_agg(open_day.day ORDER BY open_day.day) FILTER (WHERE state = 'missing'), '{}')::text[] AS gaps
  FROM (
    SELECT symbol, exchange, delist_date,
           coalesce(list_date, (SELECT min(trade_date) FROM stock_data WHERE stock_data.symbol = stock.symbol)) AS first_day
    FROM stock WHERE $1::text[] IS NULL OR symbol = ANY ($1)
  ) AS stock
  LEFT JOIN silent ON silent.symbol = stock.symbol
  JOIN open_day ON open_day.exchange = stock.exchange AND open_day.day >= first_day
    AND (delist_date IS NULL OR open_day.day < delist_date)
    AND NOT (coalesce(silent.has_ended, false) AND open_day.day > silent.last_day)
  LEFT JOIN bar ON bar.symbol = stock.symbol AND bar.trade_date = open_day.day
  LEFT JOIN (
    SELECT DISTINCT symbol, day FROM suspension
    WHERE kind = 'suspended' AND timing IS NULL AND day BETWEEN $2 AND $3
  ) AS suspension ON suspension.symbol = stock.symbol AND suspension.day = open_day.day
  LEFT JOIN gap_search AS search
    ON search.dataset = 'daily' AND search.symbol = stock.symbol AND search.day = open_day.day
  CROSS JOIN LATERAL (
    SELECT CASE WHEN bar.symbol IS NOT NULL THEN 'present' WHEN suspension.symbol IS NOT NULL THEN 'suspended'
                WHEN ${isGivenUp(sql`search`)} OR open_day.day > silent.last_day THEN 'given up'
                ELSE 'missing' END AS state
  ) AS judged
  GROUP BY stock.symbol ORDER BY stock.symbol`;

/** A factor for every bar, all of one source: of the one that has most. */
const factors = sql`
  WITH bar AS MATERIALIZED (
    SELECT symbol, trade_date, source = 'sample' AS is_sample FROM stock_data
    WHERE trade_date BETWEEN $2 AND $3 AND ($1::text[] IS NULL OR symbol = ANY ($1))
  ), factor AS MATERIALIZED (
    SELECT bar.symbol, bar.trade_date, factor.source
    FROM bar JOIN adjustment_factor AS factor ON factor.symbol = bar.symbol AND factor.trade_date = bar.trade_date
    WHERE (factor.source = 'sample') = is_sample AND factor.trade_date BETWEEN $2 AND $3
  ), chosen AS (
    SELECT DISTINCT ON (symbol) symbol, source FROM factor
    GROUP BY symbol, source ORDER BY symbol, count(*) DESC, source
  )
  SELECT bar.symbol, count(*)::int AS expected, count(factor.symbol)::int AS present, 0 AS suspended,
         count(*) FILTER (WHERE factor.symbol IS NULL AND ${isGivenUp(sql`search`)})::int AS given_up,
         coalesce(array_agg(bar.trade_date ORDER BY bar.trade_date)
           FILTER (WHERE factor.symbol IS NULL AND ${isGivenUp(sql`search`)} IS NOT TRUE), '{}')::text[] AS gaps
  FROM bar
  LEFT JOIN chosen ON chosen.symbol = bar.symbol
  LEFT JOIN factor
    ON factor.symbol = bar.symbol AND factor.source = chosen.source AND factor.trade_date = bar.trade_date
  LEFT JOIN gap_search AS search
    ON search.dataset = 'adj_factor' AND search.symbol = bar.symbol AND search.day = bar.trade_date
  GROUP BY bar.symbol ORDER BY bar.symbol`;

/**
 * Trading days of the past of which all suspensions were asked for once the exchanges had closed: most stocks have none,
 * so rows do not tell.
 */
const suspensions = sql`
  SELECT NULL AS symbol, count(*)::int AS expected, count(*) FILTER (WHERE is_loaded)::int AS present, 0 AS suspended,
         0 AS given_up, coalesce(array_agg(day ORDER BY day) FILTER (WHERE NOT is_loaded), '{}')::text[] AS gaps
  FROM trading_calendar
  CROSS JOIN LATERAL (
    SELECT ${isWhollyLoaded('suspend')} AS is_loaded
  ) AS load
  WHERE exchange = 'SH' AND is_open AND day BETWEEN $1 AND $2
    AND day < (now() AT TIME ZONE 'Asia/Shanghai')::date`;

/**
 * Compares a dataset with the trading days on which each stock should have a row.
 *
 * @param symbols canonical; null for every stock
 */
export async function findGaps(
  database: Database,
  { symbols, start, end }: { symbols: readonly string[] | null; start: string; end: string },
  dataset: HistoricalDataset = 'daily',
): Promise<GapReport> {
  const { rows: stocks } = await (dataset === 'suspend'
    ? database.query<Completeness>(suspensions, [start, end])
    : database.query<Completeness>(dataset === 'daily' ? dailyBars : factors, [symbols, start, end]));
  const known = await database.query<{ days: number }>(
    sql`SELECT ($2::date - $1::date + 1 - count(*))::int AS days
        FROM trading_calendar WHERE exchange = 'SH' AND day BETWEEN $1 AND $2`,
    [start, end],
  );
  return { stocks, unknownDays: known.rows[0]?.days ?? 0 };
}

/** Notes that rows were searched for in vain, so that the search for them ends one day. */
export async function recordSearch(
  database: Database,
  dataset: HistoricalDataset,
  stocks: readonly Completeness[],
): Promise<void> {
  const missing = stocks.flatMap(({ symbol, gaps }) => (symbol === null ? [] : gaps.map((day) => ({ symbol, day }))));
  await database.query(
    sql`INSERT INTO gap_search AS known (dataset, symbol, day)
        SELECT $1, symbol, day FROM unnest($2::text[], $3::date[]) AS missing (symbol, day)
        WHERE day < (now() AT TIME ZONE 'Asia/Shanghai')::date
        ON CONFLICT (dataset, symbol, day) DO UPDATE SET searches = known.searches + 1, last_search_at = now()`,
    [dataset, missing.map(({ symbol }) => symbol), missing.map(({ day }) => day)],
  );
}
