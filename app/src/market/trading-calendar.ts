import type { Database, Queryable } from '../database/pool';
import { sql } from '../database/sql';

/** Whether the exchanges trade on a day; undefined when the calendar does not know it. */
export async function isTradingDay(database: Queryable, day: string): Promise<boolean | undefined> {
  const { rows } = await database.query<{ is_open: boolean }>(
    sql`SELECT is_open FROM trading_calendar WHERE day = $1`,
    [day],
  );
  return rows[0]?.is_open;
}

/** The trading days from start to end that the calendar knows, both included, in order. */
export async function tradingDays(database: Database, start: string, end: string): Promise<string[]> {
  const { rows } = await database.query<{ day: string }>(
    sql`SELECT day FROM trading_calendar WHERE is_open AND day BETWEEN $1 AND $2 ORDER BY day`,
    [start, end],
  );
  return rows.map(({ day }) => day);
}

/** The last trading day on or before the given one; undefined when the calendar does not reach back to one. */
export async function lastTradingDay(database: Database, day: string): Promise<string | undefined> {
  const { rows } = await database.query<{ day: string }>(
    sql`SELECT day FROM trading_calendar WHERE is_open AND day <= $1 ORDER BY day DESC LIMIT 1`,
    [day],
  );
  return rows[0]?.day;
}
