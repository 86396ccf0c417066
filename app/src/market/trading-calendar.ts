import { type JsonRow, rowAsJson } from '../database/json-rows';
import type { Database, Queryable } from '../database/pool';
import { sql } from '../database/sql';
import type { Exchange } from './symbol';
import { mayTradeOn } from './weekend-sessions';

/** Whether an exchange trades on a day; undefined when the calendar does not know it. */
export async function isTradingDay(
  database: Queryable,
  day: string,
  exchange: Exchange = 'SH',
): Promise<boolean | undefined> {
  const { rows } = await database.query<{ is_open: boolean }>(
    sql`SELECT is_open FROM exchange_day WHERE exchange = $1 AND day = $2`,
    [exchange, day],
  );
  return rows[0]?.is_open;
}

/** What Shanghai's calendar says, where a source gave it. */
interface KnownCalendar {
  /** Null where it does not know today. */
  readonly tradesToday: boolean | null;
  /** The last day it knows. */
  readonly lastDay: string;
}

/** What of Shanghai's calendar came from a source, and not from the sample; nothing where none of it did. */
export async function readKnownCalendar(database: Queryable, today: string): Promise<readonly KnownCalendar[]> {
  const { rows } = await database.query<KnownCalendar>(
    sql`SELECT bool_or(is_open) FILTER (WHERE day = $1) AS "tradesToday", max(day) AS "lastDay"
        FROM trading_calendar WHERE exchange = 'SH' AND source IS DISTINCT FROM 'sample' HAVING count(*) > 0`,
    [today],
  );
  return rows;
}

/** The trading days of an exchange from start to end that the calendar knows, both included, in order. */
export async function tradingDays(
  database: Database,
  start: string,
  end: string,
  exchange: Exchange = 'SH',
): Promise<string[]> {
  const { rows } = await database.query<{ day: string }>(
    sql`SELECT day FROM exchange_day WHERE exchange = $1 AND is_open AND day BETWEEN $2 AND $3 ORDER BY day`,
    [exchange, start, end],
  );
  return rows.map(({ day }) => day);
}

/** The last trading day of Shanghai on or before the given one; undefined when the calendar does not reach back to one. */
export async function lastTradingDay(database: Queryable, day: string): Promise<string | undefined> {
  const { rows } = await database.query<{ day: string }>(
    sql`SELECT day FROM trading_calendar WHERE exchange = 'SH' AND is_open AND day <= $1 ORDER BY day DESC LIMIT 1`,
    [day],
  );
  return rows[0]?.day;
}

/**
 * Which days of a range the exchanges are known to trade on, and not to. Weekends are known to be closed, but for a few
 * sessions, where the calendar says nothing of them.
 */
export type ReadCalendar = (day: string, exchange: Exchange) => boolean | undefined;

/**
 * Reads what is known of the days from start to end, of every exchange.
 *
 * @param withoutSource a source whose days do not count
 */
export async function readCalendar(
  database: Queryable,
  start: string,
  end: string,
  withoutSource?: 'sample',
): Promise<ReadCalendar> {
  const { rows } = await database.query<{ day: string; exchange: Exchange; is_open: boolean }>(
    sql`SELECT day, exchange, is_open FROM trading_calendar
        WHERE day BETWEEN $1 AND $2 AND source IS DISTINCT FROM $3`,
    [start, end, withoutSource],
  );
  const known: Record<Exchange, Map<string, boolean>> = { SH: new Map(), SZ: new Map(), BJ: new Map() };
  for (const { day, exchange, is_open } of rows) known[exchange].set(day, is_open);
  return (day, exchange) =>
    known[exchange].get(day) ?? known.SH.get(day) ?? (mayTradeOn(exchange, day) ? undefined : false);
}

const calendarPage = sql`
  SELECT ${rowAsJson(sql`exchange, day, is_open, source`)} AS json, day::text AS key, source
  FROM exchange_day
  WHERE exchange = $1 AND day >= $2 AND day <= $3 AND day > $4
  ORDER BY day LIMIT $5 + 1`;

/** What is known of the days of an exchange after one, in order; one more than the limit where there are more. */
export async function listCalendarDays(
  database: Queryable,
  { exchange, start, end }: { exchange: string; start: string; end: string },
  { after, limit }: { after: string; limit: number },
): Promise<JsonRow[]> {
  return (await database.query<JsonRow>(calendarPage, [exchange, start, end, after, limit])).rows;
}
