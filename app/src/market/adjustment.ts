import { type JsonRow, rowAsJson } from '../database/json-rows';
import type { Database } from '../database/pool';
import { integer, type Sql, sql } from '../database/sql';
import type { SourceName } from '../sources/source';

/**
 * How prices are adjusted for dividends and splits. none: as traded. hfq (backward): price x factor, so that the
 * oldest prices stay. qfq (forward): price x factor / latest factor known today, so that today's prices stay.
 */
export const adjustments = ['none', 'qfq', 'hfq'] as const;
export type Adjustment = (typeof adjustments)[number];

/** Adjusted prices are rounded to this many decimals, half away from zero. */
export const adjustedDecimals = 6;

/** SQL for an adjusted price. The factor one makes PostgreSQL divide to 30 decimals, so that it is rounded once only. */
export const adjustedPriceSql = (price: Sql, factor: Sql, divisor: Sql): Sql =>
  sql`round(${price} * ${factor} * 1.00000000000000000000 / ${divisor}, ${integer(adjustedDecimals)})`;

/** The factors that adjust a range of days: all of one source. */
export interface FactorSeries {
  source: string;
  /** What price x factor is divided by, as decimal text: 1 for hfq, the latest factor for qfq. */
  divisor: string;
}

// Synthetic factors fit synthetic rows alone, and real ones real rows.
const findSeries = sql`
  SELECT candidate.source,
         (SELECT factor FROM adjustment_factor
          WHERE symbol = $1 AND source = candidate.source AND trade_date <= $4
          ORDER BY trade_date DESC LIMIT 1) AS latest
  FROM unnest($5::text[]) WITH ORDINALITY AS candidate (source, place)
  WHERE NOT EXISTS (
    SELECT FROM stock_data AS bar
    LEFT JOIN adjustment_factor AS factor
      ON factor.symbol = bar.symbol AND factor.trade_date = bar.trade_date AND factor.source = candidate.source
    WHERE bar.symbol = $1 AND bar.trade_date BETWEEN $2 AND $3
      AND (factor.factor IS NULL OR (bar.source = 'sample') <> (candidate.source = 'sample'))
  )
  ORDER BY place
  LIMIT 1`;

/** The sources to look for factors of, in order: the sample comes last, as it has none of real stocks. */
export const factorSources = (priority: readonly SourceName[]): SourceName[] => [
  ...priority.filter((source) => source !== 'sample'),
  'sample',
];

/**
 * The factors to adjust a stock's bars from start to end with: of the first source that has one for every bar, so that
 * no series is made of two and every page of a range is adjusted alike.
 *
 * @param today the day in Shanghai; later factors do not count yet
 * @param priority sources in order
 * @returns undefined when no source has them all
 */
export async function findFactorSeries(
  database: Database,
  symbol: string,
  { start, end, today }: { start: string; end: string; today: string },
  adjustment: 'qfq' | 'hfq',
  priority: readonly SourceName[],
): Promise<FactorSeries | undefined> {
  const { rows } = await database.query<{ source: string; latest: string | null }>({
    name: 'find-factor-series',
    text: findSeries,
    values: [symbol, start, end, today, factorSources(priority)],
  });
  const found = rows[0];
  return found && { source: found.source, divisor: adjustment === 'hfq' ? '1' : (found.latest ?? '1') };
}

const findMissing = sql`
  SELECT candidate.source, count(*)::int AS missing, (array_agg(bar.trade_date ORDER BY bar.trade_date))[1:5]::text[] AS days
  FROM stock_data AS bar
  CROSS JOIN unnest($4::text[]) WITH ORDINALITY AS candidate (source, place)
  LEFT JOIN adjustment_factor AS factor
    ON factor.symbol = bar.symbol AND factor.trade_date = bar.trade_date AND factor.source = candidate.source
  WHERE bar.symbol = $1 AND bar.trade_date BETWEEN $2 AND $3
    AND (factor.factor IS NULL OR (bar.source = 'sample') <> (candidate.source = 'sample'))
  GROUP BY candidate.source, place
  ORDER BY missing, place
  LIMIT 1`;

/** No source has all the factors that it takes; the message names the days of which the one with most has none. */
export class NoAdjustment extends Error {}

/** As {@link findFactorSeries}. @throws NoAdjustment when no source has all factors */
export async function requireFactorSeries(
  database: Database,
  symbol: string,
  days: { start: string; end: string; today: string },
  adjustment: 'qfq' | 'hfq',
  priority: readonly SourceName[],
): Promise<FactorSeries> {
  const series = await findFactorSeries(database, symbol, days, adjustment, priority);
  if (series) return series;
  const reason = await explainMissingFactors(database, symbol, days, priority);
  throw new NoAdjustment(`${reason}; load adj_factor of them, ask for fewer days, or for prices as traded`);
}

/** Why a stock's bars cannot be adjusted: the days of which the source with most factors has none. */
async function explainMissingFactors(
  database: Database,
  symbol: string,
  { start, end }: { start: string; end: string },
  priority: readonly SourceName[],
): Promise<string> {
  const { rows } = await database.query<{ source: string; missing: number; days: string[] }>(findMissing, [
    symbol,
    start,
    end,
    factorSources(priority),
  ]);
  const reason = `no single source has an adjustment factor for every bar of ${symbol} from ${start} to ${end}`;
  if (!rows[0]) return reason;
  const { source, missing, days } = rows[0];
  return `${reason}: ${source} lacks ${days.join(', ')}${missing > days.length ? ` and ${missing - days.length} more` : ''}`;
}

// Of the first candidate that has any of the stock.
const factorPage = sql`
  WITH chosen AS (
    SELECT source FROM unnest($2::text[]) WITH ORDINALITY AS candidate (source, place)
    WHERE EXISTS (SELECT FROM adjustment_factor AS factor WHERE symbol = $1 AND factor.source = candidate.source)
    ORDER BY place LIMIT 1
  )
  SELECT ${rowAsJson(sql`trade_date, trim_scale(factor) AS factor`)} AS json, trade_date::text AS key, source
  FROM adjustment_factor
  WHERE symbol = $1 AND source = (SELECT source FROM chosen)
    AND trade_date >= $3 AND trade_date <= $4 AND trade_date > $5
  ORDER BY trade_date LIMIT $6 + 1`;

/**
 * Factors of a stock after a day, in order, all of one source; one more than the limit where there are more.
 *
 * @param candidates sources, of which the first that has any factor of the stock counts
 */
export async function listFactors(
  database: Database,
  { symbol, candidates, start, end }: { symbol: string; candidates: readonly string[]; start: string; end: string },
  { after, limit }: { after: string; limit: number },
): Promise<JsonRow[]> {
  return (await database.query<JsonRow>(factorPage, [symbol, candidates, start, end, after, limit])).rows;
}
