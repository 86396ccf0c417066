import type { StockListing } from '../market/dataset';
import { writtenDay } from '../quality/defects';
import type { DatasetDescriptor } from './descriptor';
import { lastWholeLoad } from './last-whole-load';

/** The list of stocks. */
export const stockBasic: DatasetDescriptor<StockListing> = {
  table: 'stock',
  days: 'none',
  firstDay: '1990-01-01',
  takesSymbols: false,
  isGivenWhole: true,
  dueAt: '09:30',
  latestDay: lastWholeLoad('stock_basic'),
  identify: ({ symbol }) => ({ symbol, day: null }),
  rules: [
    ({ listDate }) => (listDate === null ? undefined : writtenDay('listDate', listDate)),
    ({ delistDate }) => (delistDate === null ? undefined : writtenDay('delistDate', delistDate)),
  ],
  suspicions: [],
};
