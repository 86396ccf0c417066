import { moment, rowAsJson } from '../database/json-rows';
import type { Queryable } from '../database/pool';
import { sql } from '../database/sql';

/** A row of table quote as JSON text, in SQL. */
export const quoteJson = rowAsJson(sql`
  symbol, trim_scale(price) AS price, trim_scale(open) AS open, trim_scale(high) AS high, trim_scale(low) AS low,
  trim_scale(pre_close) AS pre_close, trim_scale(price - pre_close) AS change,
  trim_scale(round((price / nullif(pre_close, 0) - 1) * 100, 4)) AS pct_chg, volume, amount, ${moment(sql`quoted_at`)} AS quoted_at, source`);

/** The quotes that there are of some stocks, in the order of the symbols. */
export async function readQuotes(
  database: Queryable,
  symbols: readonly string[],
): Promise<{ symbol: string; source: string; json: string }[]> {
  const { rows } = await database.query<{ symbol: string; source: string; json: string }>({
    name: 'quotes',
    text: sql`SELECT symbol, source, ${quoteJson} AS json FROM quote WHERE symbol = ANY($1) ORDER BY array_position($1, symbol)`,
    values: [symbols],
  });
  return rows;
}
