import type { Queryable } from '../database/pool';
import { isTradingDay } from './trading-calendar';
import { isWeekday, shanghaiOffsetMilliseconds, timeInShanghai } from './trading-day';

/** Whether the exchanges may trade on a day: a day the calendar does not know may be one, unless it is a weekend. */
export const mayBeTradingDay = async (database: Queryable, day: string): Promise<boolean> =>
  (await isTradingDay(database, day)) ?? isWeekday(day);

/** The last time in a session of a trading day by then, as HH:MM:SS; undefined before the opening auction. */
export function latestSessionTime(moment: Date): string | undefined {
  const time = new Date(moment.getTime() + shanghaiOffsetMilliseconds).toISOString().slice(11, 19);
  if (time < '09:15:00') return undefined;
  if (time > '15:00:00') return '15:00:00';
  return time > '11:30:00' && time < '13:00:00' ? '11:30:00' : time;
}

/** Whether the exchanges trade at this time of a trading day, the opening auction included. */
export function isInSession(moment: Date): boolean {
  const time = timeInShanghai(moment);
  return (time >= '09:15' && time <= '11:30') || (time >= '13:00' && time <= '15:00');
}
