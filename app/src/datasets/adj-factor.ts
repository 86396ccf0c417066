import type { AdjustmentFactor } from '../market/dataset';
import { findPriceDefect, futureDate, writtenDay } from '../quality/defects';
import type { HistoricalDescriptor } from './descriptor';
import { lastWholeLoad } from './last-whole-load';

/** The factors by which prices are adjusted. Its key begins with the stock, so that its last day takes long to find. */
export const adjFactor: HistoricalDescriptor<AdjustmentFactor> = {
  table: 'adjustment_factor',
  days: 'past',
  firstDay: '1990-01-01',
  takesSymbols: true,
  isGivenWhole: false,
  // They come before the opening.
  dueAt: '10:00',
  latestDay: lastWholeLoad('adj_factor'),
  // They are missing of bars alone, so nothing new is loaded for them.
  daysSearched: 365,
  // They are loaded again for single stocks too, and its key begins with the stock.
  isDayLoaded: null,
  identify: ({ symbol, tradeDate }) => ({ symbol, day: tradeDate }),
  rules: [
    ({ tradeDate }) => writtenDay('tradeDate', tradeDate),
    ({ tradeDate }, market) => futureDate(tradeDate, market),
    ({ factor }) => findPriceDefect('factor', factor),
  ],
  suspicions: [],
};
