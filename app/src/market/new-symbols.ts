import type { Queryable } from '../database/pool';
import { sql } from '../database/sql';

/** The symbols that renumbered stocks have now, by their old ones. */
export async function readNewSymbols(database: Queryable): Promise<ReadonlyMap<string, string>> {
  const { rows } = await database.query<{ old_symbol: string; symbol: string }>(
    sql`SELECT old_symbol, symbol FROM symbol_alias`,
  );
  return new Map(rows.map(({ old_symbol, symbol }) => [old_symbol, symbol]));
}
