import type { Queryable } from '../database/pool';
import { isTradingDay } from './trading-calendar';

const shanghaiTime = new Intl.DateTimeFormat('en-GB', {
  timeZone: 'Asia/Shanghai',
  hour: '2-digit',
  minute: '2-digit',
});

const isWeekend = (day: string): boolean => [0, 6].includes(new Date(`${day}T00:00:00Z`).getUTCDay());

/** Whether the exchanges may trade on a day: a day the calendar does not know may be one, unless it is a weekend. */
export const mayBeTradingDay = async (database: Queryable, day: string): Promise<boolean> =>
  (await isTradingDay(database, day)) ?? !isWeekend(day);

/** Whether the exchanges trade at this time of a trading day, the opening auction included. */
export function isInSession(moment: Date): boolean {
  const time = shanghaiTime.format(moment);
  return (time >= '09:15' && time <= '11:30') || (time >= '13:00' && time <= '15:00');
}
