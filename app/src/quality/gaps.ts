import type { Database } from '../database/pool';
import { sql } from '../database/sql';

/** How complete the daily bars of a stock are, in trading days: expected = present + suspended + gaps. */
export interface StockCompleteness {
  symbol: string;
  expected: number;
  present: number;
  /** Days without a bar on which the stock was suspended all day. */
  suspended: number;
  /** The other days without a bar, in order. */
  gaps: string[];
}

/** What is missing, and how far the calendar can tell. */
export interface GapReport {
  stocks: StockCompleteness[];
  /** Days of the range that the trading calendar does not know, of which nothing is expected. */
  unknownDays: number;
}

/**
 * Compares daily bars with the days on which each stock should have one: the trading days from its listing, or its
 * first bar where no source says when it was listed, until it was delisted.
 *
 * @param symbols canonical; null for every stock
 */
export async function findGaps(
  database: Database,
  { symbols, start, end }: { symbols: readonly string[] | null; start: string; end: string },
): Promise<GapReport> {
  const stocks = await database.query<StockCompleteness>(
    sql`SELECT stock.symbol, count(*)::int AS expected, count(bar.symbol)::int AS present,
            count(*) FILTER (WHERE bar.symbol IS NULL AND suspension.symbol IS NOT NULL)::int AS suspended,
            coalesce(array_agg(calendar.day ORDER BY calendar.day) FILTER (WHERE bar.symbol IS NULL AND suspension.symbol IS NULL), '{}')::text[] AS gaps
     FROM (
       SELECT symbol, delist_date,
              coalesce(list_date, (SELECT min(trade_date) FROM stock_data WHERE stock_data.symbol = stock.symbol)) AS first_day
       FROM stock WHERE $1::text[] IS NULL OR symbol = ANY ($1)
     ) AS stock
     JOIN trading_calendar AS calendar
       ON is_open AND calendar.day BETWEEN $2 AND $3 AND calendar.day >= first_day
          AND (delist_date IS NULL OR calendar.day < delist_date)
     LEFT JOIN stock_data AS bar
       ON bar.symbol = stock.symbol AND bar.trade_date = calendar.day AND bar.trade_date BETWEEN $2 AND $3
     LEFT JOIN suspension
       ON suspension.symbol = stock.symbol AND suspension.day = calendar.day AND kind = 'suspended' AND timing IS NULL
     GROUP BY stock.symbol ORDER BY stock.symbol`,
    [symbols, start, end],
  );
  const known = await database.query<{ days: number }>(
    sql`SELECT ($2::date - $1::date + 1 - count(*))::int AS days FROM trading_calendar WHERE day BETWEEN $1 AND $2`,
    [start, end],
  );
  return { stocks: stocks.rows, unknownDays: known.rows[0]?.days ?? 0 };
}
