import type { Queryable } from '../database/pool';
import { sql } from '../database/sql';

/** The symbol a stock has after all its renumberings; the given one where they lead in a circle. */
function latest(symbol: string, next: ReadonlyMap<string, string>): string {
  const passed = new Set<string>();
  let current = symbol;
  for (let following = next.get(current); following !== undefined; following = next.get(current)) {
    if (passed.has(current)) return symbol;
    passed.add(current);
    current = following;
  }
  return current;
}

/** The symbols that renumbered stocks have now, by each of their old ones. */
export async function readNewSymbols(database: Queryable): Promise<ReadonlyMap<string, string>> {
  const { rows } = await database.query<{ old_symbol: string; symbol: string }>(
    sql`SELECT old_symbol, symbol FROM symbol_alias`,
  );
  const next = new Map(rows.map(({ old_symbol, symbol }) => [old_symbol, symbol]));
  return new Map(
    rows
      .map(({ old_symbol }) => [old_symbol, latest(old_symbol, next)] as const)
      .filter(([old, symbol]) => symbol !== old),
  );
}
