import type { Database } from './pool';
import { sql } from './sql';

/** What a table takes up; a partition counts as a table. */
export interface TableSize {
  name: string;
  /** The planner's estimate; null before the first ANALYZE. */
  rows: number | null;
  heapBytes: number;
  indexBytes: number;
}

/** The tables of the database by name. */
export async function listTableSizes(database: Database): Promise<TableSize[]> {
  const { rows } = await database.query<TableSize>(
    sql`SELECT oid::regclass::text AS name, nullif(reltuples, -1)::float8 AS rows,
            pg_table_size(oid)::float8 AS "heapBytes", pg_indexes_size(oid)::float8 AS "indexBytes"
     FROM pg_class WHERE relkind = 'r' AND relnamespace = current_schema()::regnamespace
     ORDER BY relname`,
  );
  return rows;
}
