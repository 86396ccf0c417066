import type { DatabaseClient } from '../database/pool';
import type { SymbolAlias } from '../market/dataset';
import { byRank, copyLine, mergeRows, type Origin, type TargetTable, type WriteResult } from './merge-rows';

const table: TargetTable = {
  name: 'symbol_alias',
  key: ['old_symbol'],
  values: ['symbol', 'effective_date'],
  mayReplace: byRank,
};

/** Writes the old symbols of renumbered stocks. */
export const writeAliases = (
  client: DatabaseClient,
  { source, outrankedBy }: Origin,
  aliases: readonly SymbolAlias[],
): Promise<WriteResult> =>
  mergeRows(
    client,
    table,
    outrankedBy,
    aliases.map(({ oldSymbol, symbol, effectiveDate }) => copyLine([oldSymbol, symbol, effectiveDate, source])),
  );
