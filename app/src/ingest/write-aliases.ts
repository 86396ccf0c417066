import type { DatabaseClient } from '../database/pool';
import { identifier, joined, sql } from '../database/sql';
import type { SymbolAlias } from '../market/dataset';
import { readNewSymbols } from '../market/new-symbols';
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

/** What is kept about stocks, and what rows of one have in common where the new symbol already has such a row. */
const histories = [
  { name: 'stock_data', isSame: sql`kept.trade_date = old.trade_date` },
  { name: 'adjustment_factor', isSame: sql`(kept.source, kept.trade_date) = (old.source, old.trade_date)` },
  { name: 'suspension', isSame: sql`(kept.day, kept.kind) = (old.day, old.kind)` },
  { name: 'quote', isSame: sql`true` },
] as const;

/** The old symbols, of those given, under which something still stands. */
async function findInUse(client: DatabaseClient, oldSymbols: readonly string[]): Promise<string[]> {
  const symbols = ['stock', ...histories.map(({ name }) => name)].map(
    (table) => sql`SELECT symbol FROM ${identifier(table)} WHERE symbol = ANY ($1)`,
  );
  const { rows } = await client.query<{ symbol: string }>(
    sql`SELECT DISTINCT symbol FROM (${joined(symbols, ' UNION ALL ')}) AS kept`,
    [oldSymbols],
  );
  return rows.map(({ symbol }) => symbol);
}

/** Puts what stands under old symbols under the new ones; where both have a row, that of the new one stays. */
async function moveHistory(client: DatabaseClient): Promise<void> {
  const newSymbols = await readNewSymbols(client);
  const inUse = await findInUse(client, [...newSymbols.keys()]);
  if (inUse.length === 0) return;
  for (const table of [...histories.map(({ name }) => name), 'stock']) await lockWriters(client, table);
  for (const old of inUse) {
    const change = [old, newSymbols.get(old)];
    for (const { name, isSame } of histories) {
      await client.query(
        sql`DELETE FROM ${identifier(name)} AS old USING ${identifier(name)} AS kept WHERE old.symbol = $1 AND kept.symbol = $2 AND ${isSame}`,
        change,
      );
      await client.query(sql`UPDATE ${identifier(name)} SET symbol = $2 WHERE symbol = $1`, change);
    }
    await client.query(
      sql`INSERT INTO stock (symbol, source) SELECT $2, source FROM stock WHERE symbol = $1 ON CONFLICT DO NOTHING`,
      change,
    );
    await client.query(sql`DELETE FROM stock WHERE symbol = $1`, [old]);
  }
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
  await moveHistory(client);
  return result;
}
