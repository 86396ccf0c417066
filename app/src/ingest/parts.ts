import type { Database } from '../database/pool';
import { sql } from '../database/sql';
import { exchanges } from '../market/symbol';
import { readCalendar } from '../market/trading-calendar';
import { dayInShanghai, daysBetween } from '../market/trading-day';
import type { Fetcher, Part, SourceName } from '../sources/source';

/**
 * The days from start to end on which there may be data, in order, until today: those on which an exchange trades, or
 * may where the calendar does not know.
 */
async function possibleTradingDays(database: Database, start: string, end: string): Promise<string[]> {
  const isOpen = await readCalendar(database, start, end);
  const today = dayInShanghai(new Date());
  return [...daysBetween(start, end < today ? end : today)].filter((day) =>
    exchanges.some((exchange) => isOpen(day, exchange) !== false),
  );
}

/** The stocks that were listed at some time from start to end, of those the source's kind of data is about. */
async function listedSymbols(database: Database, source: SourceName, { start, end }: Part): Promise<string[]> {
  // Real sources do not know the invented stocks of the sample, nor the other way round.
  const { rows } = await database.query<{ symbol: string }>(
    sql`SELECT symbol FROM stock
     WHERE (source = 'sample') = ($1 = 'sample')
       AND coalesce(list_date, $3) <= $3::date AND coalesce(delist_date, $2) >= $2::date
     ORDER BY symbol`,
    [source, start, end],
  );
  return rows.map(({ symbol }) => symbol);
}

/**
 * Cuts what is asked into the parts that a source is asked for one after the other, in the same way each time.
 *
 * @param wanted the whole request
 */
export async function cutIntoParts(
  database: Database,
  source: SourceName,
  partBy: Fetcher<unknown>['partBy'],
  wanted: Part,
): Promise<Part[]> {
  if (partBy === 'whole') return [wanted];
  const { symbols, start, end } = wanted;
  if (partBy === 'day') {
    const days = await possibleTradingDays(database, start, end);
    if (symbols === null || days.length <= symbols.length) {
      return days.map((day) => ({ symbols, start: day, end: day }));
    }
  }
  return (symbols ?? (await listedSymbols(database, source, wanted))).map((symbol) => ({
    symbols: [symbol],
    start,
    end,
  }));
}
