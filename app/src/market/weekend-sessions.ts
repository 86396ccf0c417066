import type { CalendarDay } from './dataset';
import type { Exchange } from './symbol';
import { isWeekday } from './trading-day';

/** Sundays on which Shenzhen traded while Shanghai rested; the calendars of sources leave them out. */
const shenzhenSundays: ReadonlySet<string> = new Set(['1992-10-04', '1993-01-03']);

const isWeekendSession = (exchange: Exchange, day: string): boolean => exchange === 'SZ' && shenzhenSundays.has(day);

/** Whether an exchange may trade on a day that no calendar knows: from Monday to Friday, and on a few Sundays. */
export const mayTradeOn = (exchange: Exchange, day: string): boolean =>
  isWeekday(day) || isWeekendSession(exchange, day);

/** A calendar from start to end with the weekend sessions in it, whatever the source says of those days. */
export const withWeekendSessions = (calendar: readonly CalendarDay[], start: string, end: string): CalendarDay[] => [
  ...calendar.filter(({ exchange, day }) => !isWeekendSession(exchange, day)),
  ...[...shenzhenSundays]
    .filter((day) => day >= start && day <= end)
    .map((day) => ({ exchange: 'SZ' as const, day, isOpen: true })),
];
