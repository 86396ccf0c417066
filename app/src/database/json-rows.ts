import { type Sql, sql } from './sql';

/** A row as the JSON text PostgreSQL made of it, its place in the list, and the source it comes from. */
export interface JsonRow {
  json: string;
  key: string;
  source: string | null;
}

/** SQL for a moment as answers give it: in UTC, such as 2024-01-02T03:04:05.678Z. */
export const moment = (column: Sql): Sql => sql`to_char(${column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;

/** SQL for some columns of a row as one JSON object. */
export const rowAsJson = (columns: Sql): Sql =>
  sql`(SELECT row_to_json(shown)::text FROM (SELECT ${columns}) AS shown)`;

/** Above the number of every row, for lists that begin with the newest. */
export const newestFirst = '999999999999999999';
