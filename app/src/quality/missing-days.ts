import type { Database } from '../database/pool';
import { type Sql, sql } from '../database/sql';
import { historicalDescriptors } from '../datasets/datasets';
import { type HistoricalDataset, historicalDatasets } from '../market/dataset';
import { addDays, dayInShanghai } from '../market/trading-day';

/** Trading days of which a dataset has nothing, though it has earlier and later ones. */
export interface MissingDays {
  dataset: HistoricalDataset;
  days: number;
}

const missingDays = (isDayLoaded: Sql): Sql => sql`
  WITH known AS (
    SELECT day, ${isDayLoaded} AS is_loaded FROM trading_calendar
    WHERE exchange = 'SH' AND is_open AND day BETWEEN $1 AND $2
  )
  SELECT count(*)::int AS days FROM known
  WHERE NOT is_loaded AND day > (SELECT min(day) FROM known WHERE is_loaded)
    AND day < (SELECT max(day) FROM known WHERE is_loaded)`;

/**
 * Counts the trading days that are missing between others in the time in which `stock sync` searches, of the datasets of
 * which an index tells. What single stocks lack takes all rows to find: that is `findGaps`.
 */
export function findMissingDays(database: Database, now: Date): Promise<MissingDays[]> {
  const today = dayInShanghai(now);
  return Promise.all(
    historicalDatasets.flatMap((dataset) => {
      const { isDayLoaded, daysSearched } = historicalDescriptors[dataset];
      if (!isDayLoaded) return [];
      const days = [addDays(today, -daysSearched), today];
      return database
        .query<{ days: number }>(missingDays(isDayLoaded), days)
        .then(({ rows }) => ({ dataset, days: rows[0]?.days ?? 0 }));
    }),
  );
}
