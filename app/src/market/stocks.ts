import { type JsonRow, rowAsJson } from '../database/json-rows';
import type { Queryable } from '../database/pool';
import { sql } from '../database/sql';
import { searchForm } from './stock-search';

const stockJson = rowAsJson(sql`symbol, exchange, name, area, industry, list_status, list_date, delist_date, source`);

const list = sql`
  SELECT ${stockJson} AS json, symbol AS key, source FROM stock
  WHERE symbol > $1 AND ($2::text IS NULL OR exchange = $2)
    AND ($3::text IS NULL OR symbol LIKE upper($3) || '%'
         OR symbol IN (SELECT alias.symbol FROM symbol_alias AS alias WHERE alias.old_symbol LIKE upper($3) || '%')
         OR coalesce(search, replace(lower(name), ' ', '')) LIKE '%' || $3 || '%')
    AND ($4::text IS NULL OR list_status = $4)
  ORDER BY symbol LIMIT $5 + 1`;

/** Which stocks to list; each part left out is no condition. */
export interface StockFilter {
  exchange?: string;
  status?: string;
  /** Start of the symbol, part of the name, or of the name in pinyin or its initials. */
  query?: string;
}

/** Stocks in order of symbol, one more than the limit where there are more. */
export async function listStocks(
  database: Queryable,
  { exchange, status, query }: StockFilter,
  { after, limit }: { after: string; limit: number },
): Promise<JsonRow[]> {
  const pattern = query && searchForm(query).replace(/[\\%_]/g, '\\$&');
  const { rows } = await database.query<JsonRow>({
    name: 'list-stocks',
    text: list,
    values: [after, exchange, pattern, status, limit],
  });
  return rows;
}

/** There is no such stock. */
export class UnknownStock extends Error {
  constructor(symbol: string) {
    super(`there is no stock ${symbol} here; /api/v1/stocks lists those there are`);
  }
}

/** A stock as JSON. @throws UnknownStock */
export async function readStock(database: Queryable, symbol: string): Promise<{ json: string; source: string }> {
  const { rows } = await database.query<{ json: string; source: string }>(
    sql`SELECT ${stockJson} AS json, source FROM stock WHERE symbol = $1`,
    [symbol],
  );
  if (!rows[0]) throw new UnknownStock(symbol);
  return rows[0];
}

/** @throws UnknownStock when there is none of the symbol */
export async function requireStock(database: Queryable, symbol: string): Promise<void> {
  const { rowCount } = await database.query(sql`SELECT FROM stock WHERE symbol = $1`, [symbol]);
  if (!rowCount) throw new UnknownStock(symbol);
}
