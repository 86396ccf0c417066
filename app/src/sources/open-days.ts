import type { CalendarDay } from '../market/dataset';
import { daysBetween } from '../market/trading-day';
import { withWeekendSessions } from '../market/weekend-sessions';

/**
 * Shanghai's calendar from start to end, where a source lists the open days alone. What is before its first and after its
 * last open day is unknown, not closed, and left out.
 */
export function calendarOf(openDays: readonly string[], start: string, end: string): CalendarDay[] {
  const open = new Set(openDays);
  const sorted = [...open].sort();
  const first = sorted[0];
  const last = sorted.at(-1);
  if (first === undefined || last === undefined) return [];
  const days = daysBetween(start > first ? start : first, end < last ? end : last);
  return withWeekendSessions(
    [...days].map((day) => ({ exchange: 'SH', day, isOpen: open.has(day) })),
    start,
    end,
  );
}
