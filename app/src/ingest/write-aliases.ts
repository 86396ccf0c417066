import type { DatabaseClient } from '../database/pool';
import { identifier, joined, sql } from '../database/sql';
import type { SymbolAlias } from '../market/dataset';
import {
  byRank,
  copyLine,
  lockWriters,
  mergeRows,
  type Origin,
  type TargetTable,
  type WriteResult,
} from './merge-rows';

const table: TargetTable = {
  name: 'symbol_alias',
  key: ['old_symbol'],
  values: ['symbol', 'effective_date'],
  mayReplace: byRank,
};

/** What is kept about stocks, with the columns that tell the rows of one apart. */
const histories = [
  { name: 'stock_data', key: ['trade_date'] },
  { name: 'adjustment_factor', key: ['source', 'trade_date'] },
  { name: 'suspension', key: ['day', 'kind'] },
] as const;

/** Puts what stands under old symbols under the new ones; where both have a row, that of the new one stays. */
async function moveHistory(client: DatabaseClient): Promise<void> {
  for (const { name, key } of histories) {
    await lockWriters(client, name);
    const table = identifier(name);
    const isSame = joined(
      key.map(identifier).map((column) => sql`kept.${column} = old.${column}`),
      ' AND ',
    );
    await client.query(
      sql`DELETE FROM ${table} AS old USING symbol_alias AS alias, ${table} AS kept
       WHERE old.symbol = alias.old_symbol AND kept.symbol = alias.symbol AND ${isSame}`,
    );
    await client.query(
      sql`UPDATE ${table} AS old SET symbol = alias.symbol FROM symbol_alias AS alias WHERE old.symbol = alias.old_symbol`,
    );
  }
  await lockWriters(client, 'stock');
  await client.query(
    sql`INSERT INTO stock (symbol, source) SELECT alias.symbol, old.source
     FROM stock AS old JOIN symbol_alias AS alias ON old.symbol = alias.old_symbol
     ON CONFLICT DO NOTHING`,
  );
  await client.query(sql`DELETE FROM stock AS old USING symbol_alias AS alias WHERE old.symbol = alias.old_symbol`);
}

/** Writes the old symbols of renumbered stocks, and puts what is stored under them under the new ones. */
export async function writeAliases(
  client: DatabaseClient,
  { source, outrankedBy }: Origin,
  aliases: readonly SymbolAlias[],
): Promise<WriteResult> {
  const result = await mergeRows(
    client,
    table,
    outrankedBy,
    aliases.map(({ oldSymbol, symbol, effectiveDate }) => copyLine([oldSymbol, symbol, effectiveDate, source])),
  );
  if (result.changedSymbols.length > 0) await moveHistory(client);
  return result;
}
