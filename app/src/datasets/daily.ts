import { sql } from '../database/sql';
import type { DailyBar } from '../market/daily-bar';
import {
  beforeFirstYear,
  beyondPriceLimit,
  findBarDefect,
  futureDate,
  notATradingDay,
  stepChange,
  unitCheck,
  writtenDay,
} from '../quality/defects';
import type { HistoricalDescriptor } from './descriptor';

/** The daily bars. */
export const daily: HistoricalDescriptor<DailyBar> = {
  table: 'stock_data',
  days: 'past',
  firstDay: '1990-01-01',
  takesSymbols: true,
  isGivenWhole: false,
  // They come after the close.
  dueAt: '18:00',
  latestDay: sql`SELECT max(trade_date) FROM stock_data`,
  daysSearched: 30,
  isDayLoaded: sql`EXISTS (SELECT FROM stock_data WHERE trade_date = trading_calendar.day)`,
  identify: ({ symbol, tradeDate }) => ({ symbol, day: tradeDate }),
  rules: [
    ({ tradeDate }) => writtenDay('tradeDate', tradeDate),
    ({ tradeDate }) => beforeFirstYear(tradeDate),
    ({ tradeDate }, market) => futureDate(tradeDate, market),
    ({ symbol, tradeDate }, market) => notATradingDay(symbol, tradeDate, market),
    findBarDefect,
    unitCheck,
  ],
  // Stocks under special treatment have narrower limits, and one that resumes after a restructuring has none.
  suspicions: [beyondPriceLimit, stepChange],
};
