import type { Quote } from '../market/dataset';
import type { ReadCalendar } from '../market/trading-calendar';
import { addDays, dayInShanghai, isWeekday } from '../market/trading-day';
import { latestSessionTime } from '../market/trading-session';
import type { RefusedRow } from '../sources/source';

const closingTime = '15:00:00';
/** Clocks may differ so much that a quote seems to come from the future. */
const toleranceMilliseconds = 60_000;

/** What a quote's moment is told by. */
interface Times {
  now: Date;
  isOpen: ReadCalendar;
}

const isTradingDay = (day: string, { isOpen }: Times): boolean => isOpen(day, 'SH') ?? isWeekday(day);

function tradingDayBefore(day: string, times: Times): string {
  let before = addDays(day, -1);
  while (!isTradingDay(before, times)) before = addDays(before, -1);
  return before;
}

const hasCome = (moment: string, { now }: Times): boolean =>
  Date.parse(moment) <= now.getTime() + toleranceMilliseconds;

/** The moment of a quote whose source gives a time without a day, or none: the last one in a session that has come. */
function completed(time: string | null, times: Times): string {
  const today = dayInShanghai(times.now);
  const timeToday = time ?? latestSessionTime(times.now);
  const moment = timeToday && `${today}T${timeToday}+08:00`;
  if (isTradingDay(today, times) && moment && hasCome(moment, times)) return moment;
  return `${tradingDayBefore(today, times)}T${time ?? closingTime}+08:00`;
}

/**
 * Completes the moments of quotes, so that none is in the future or on a day without trade; those that say they are, are
 * refused.
 */
export function dateQuotes(quotes: readonly Quote[], times: Times): { rows: Quote[]; refused: RefusedRow[] } {
  const { now } = times;
  const rows: Quote[] = [];
  const refused: RefusedRow[] = [];
  for (const quote of quotes) {
    const given = quote.quotedAt?.includes('T') ? quote.quotedAt : completed(quote.quotedAt, times);
    const moment = new Date(given);
    const refuse = (rule: string, reason: string) =>
      refused.push({ symbol: quote.symbol, day: null, rule, reason, row: quote });
    if (Number.isNaN(moment.getTime())) refuse('not_a_moment', `'${given}' is not a moment written by ISO 8601`);
    else if (!hasCome(given, times)) refuse('future_date', `${given} is in the future; it is ${now.toISOString()}`);
    else if (!isTradingDay(dayInShanghai(moment), times))
      refuse('not_a_trading_day', `the exchanges did not trade on the day of ${given}`);
    else rows.push({ ...quote, quotedAt: moment > now ? now.toISOString() : given });
  }
  return { rows, refused };
}
