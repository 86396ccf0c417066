import { type JsonRow, rowAsJson } from '../database/json-rows';
import type { Queryable } from '../database/pool';
import { sql } from '../database/sql';

const suspensionPage = sql`
  SELECT ${rowAsJson(sql`symbol, day, kind, timing, source`)} AS json, concat_ws(' ', symbol, kind, id) AS key, source
  FROM suspension
  WHERE day = $1 AND (symbol, kind, id) > ($2, $3, $4)
  ORDER BY symbol, kind, id LIMIT $5 + 1`;

/** Stocks that are suspended or resume on a day, in order of the symbol; one more than the limit where there are more. */
export async function listSuspensions(
  database: Queryable,
  day: string,
  { after, limit }: { after: { symbol: string; kind: string; id: string }; limit: number },
): Promise<JsonRow[]> {
  const { symbol, kind, id } = after;
  return (await database.query<JsonRow>(suspensionPage, [day, symbol, kind, id, limit])).rows;
}
