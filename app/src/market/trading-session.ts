import type { Queryable } from '../database/pool';
import { isTradingDay } from './trading-calendar';
import { isWeekday, timeInShanghai } from './trading-day';

/** Whether the exchanges may trade on a day: a day the calendar does not know may be one, unless it is a weekend. */
export const mayBeTradingDay = async (database: Queryable, day: string): Promise<boolean> =>
  (await isTradingDay(database, day)) ?? isWeekday(day);

/** Whether the exchanges trade at this time of a trading day, the opening auction included. */
export function isInSession(moment: Date): boolean {
  const time = timeInShanghai(moment);
  return (time >= '09:15' && time <= '11:30') || (time >= '13:00' && time <= '15:00');
}
