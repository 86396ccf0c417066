import type { SymbolAlias } from '../market/dataset';
import { writtenDay } from '../quality/defects';
import type { DatasetDescriptor } from './descriptor';
import { lastWholeLoad } from './last-whole-load';

/** The stocks that got another number. */
export const symbolAlias: DatasetDescriptor<SymbolAlias> = {
  table: 'symbol_alias',
  days: 'none',
  firstDay: '1990-01-01',
  takesSymbols: false,
  isGivenWhole: true,
  dueAt: '09:30',
  latestDay: lastWholeLoad('symbol_alias'),
  identify: ({ oldSymbol }) => ({ symbol: oldSymbol, day: null }),
  rules: [
    ({ effectiveDate }) => writtenDay('effectiveDate', effectiveDate),
    ({ symbol, oldSymbol }) =>
      symbol === oldSymbol
        ? { rule: 'alias_of_itself', reason: `${symbol} is named as its own old symbol` }
        : undefined,
  ],
  suspicions: [],
};
