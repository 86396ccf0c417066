import type { Queryable } from '../../../app/src/database/pool';
import { sql } from '../../../app/src/database/sql';

/** The tables of the platform: its own, and those of the job queue. */
const ofPlatform = sql`c.relnamespace IN (SELECT oid FROM pg_namespace WHERE nspname IN ('public', 'bullmq'))`;

/** A table, or a partition of one, and how it stands. */
export interface Table {
  schema: string;
  name: string;
  /** A part of a table, or the table that has no row but in its parts. */
  kind: 'table' | 'partition' | 'partitioned';
  /** Of the table without its indexes. */
  bytes: number;
  indexBytes: number;
  /** By the planner's statistics; null before the first ANALYZE. */
  rows: number | null;
  /** Rows that nobody sees any more, and whose room is not free yet. */
  deadRows: number;
  /** What of it holds no row, estimated from the statistics: 0.3 is 30 %. null where nothing can be said. */
  bloat: number | null;
  /** Others may have tables beside ours: PostgreSQL passes over them with no more than a warning. */
  isOurs: boolean;
}

/** An index of a table or a partition, and how it stands. */
export interface Index {
  schema: string;
  name: string;
  table: string;
  bytes: number;
  /** PostgreSQL uses no index that is not. */
  isValid: boolean;
  /** One that was building when its REINDEX CONCURRENTLY was ended, or was to be dropped then. */
  isLeftover: boolean;
  /** Somebody builds it just now. */
  isBeingBuilt: boolean;
  /** As of a table, for B-trees on columns. */
  bloat: number | null;
  isOurs: boolean;
}

/** Whether the role that asks may do what an owner may. */
const isOurs = sql`pg_has_role(c.relowner, 'USAGE')`;

/** PostgreSQL opens what it is to tell the size of: whoever asks waits for who locks it. */
const isLocked = sql`EXISTS (
    SELECT FROM pg_locks l WHERE l.mode = 'AccessExclusiveLock' AND l.pid <> pg_backend_pid()
      AND (l.relation = c.oid OR l.relation IN (SELECT indexrelid FROM pg_index WHERE indrelid = c.oid))
  )`;

/** As far as it is known without waiting: what is locked just now by its pages, as they were counted last. */
const tableBytes = sql`CASE WHEN ${isLocked} THEN c.relpages * 8192::float8 ELSE pg_table_size(c.oid)::float8 END`;
const indexesBytes = sql`CASE WHEN ${isLocked} THEN 0 ELSE pg_indexes_size(c.oid)::float8 END`;
const indexBytes = sql`CASE WHEN ${isLocked} THEN c.relpages * 8192::float8 ELSE pg_relation_size(c.oid)::float8 END`;

/** A page has 8192 bytes, 24 of them for itself; a row takes 23, its alignment, and 4 for where it is. */
export async function listTables(connection: Queryable): Promise<Table[]> {
  const { rows } = await connection.query<Table>(sql`
    WITH width AS (
      SELECT schemaname, tablename, sum((1 - null_frac) * avg_width) AS bytes FROM pg_stats GROUP BY 1, 2
    )
    SELECT nspname AS schema, c.relname AS name,
      CASE WHEN c.relkind = 'p' THEN 'partitioned' WHEN c.relispartition THEN 'partition' ELSE 'table' END AS kind,
      ${tableBytes} AS bytes, ${indexesBytes} AS "indexBytes", nullif(c.reltuples, -1)::float8 AS rows,
      coalesce(n_dead_tup, 0)::float8 AS "deadRows",
      CASE WHEN c.reltuples >= 0 AND c.relpages > 0 AND width.bytes IS NOT NULL
        THEN greatest(0, 1 - ceil(c.reltuples * (width.bytes + 32) / 8168) / c.relpages)::float8 END AS bloat,
      ${isOurs} AS "isOurs"
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
      LEFT JOIN width ON width.schemaname = nspname AND width.tablename = c.relname
      LEFT JOIN pg_stat_user_tables s ON s.relid = c.oid
    WHERE c.relkind IN ('r', 'p') AND ${ofPlatform}
    ORDER BY name`);
  return rows.sort((a, b) => b.bytes + b.indexBytes - a.bytes - a.indexBytes);
}

/**
 * Whether somebody works at an index just now. REINDEX CONCURRENTLY has a lock of its own on it from its beginning to its end; what CREATE
 * INDEX CONCURRENTLY builds is told by its progress, of which others' tables are not shown.
 */
const isBeingBuilt = sql`EXISTS (
    SELECT FROM pg_locks l WHERE l.relation = c.oid AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
      AND l.mode IN ('ShareUpdateExclusiveLock', 'ShareLock', 'AccessExclusiveLock') AND l.pid <> pg_backend_pid()
  ) OR EXISTS (
    SELECT FROM pg_stat_progress_create_index p
    WHERE p.datname = current_database() AND p.pid <> pg_backend_pid() AND coalesce(p.relid = indrelid, true)
  )`;

/** An entry of a B-tree takes 8 bytes, 4 for where it is, and its columns; a tenth of each page is left free. */
export async function listIndexes(connection: Queryable): Promise<Index[]> {
  const { rows } = await connection.query<Index>(sql`
    WITH width AS (
      SELECT i.indexrelid, sum((1 - s.null_frac) * s.avg_width) AS bytes
      FROM pg_index i JOIN pg_class t ON t.oid = i.indrelid JOIN pg_namespace n ON n.oid = t.relnamespace
        JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey)
        JOIN pg_stats s ON s.schemaname = n.nspname AND s.tablename = t.relname AND s.attname = a.attname
      WHERE i.indexprs IS NULL AND i.indpred IS NULL
      GROUP BY 1
    )
    SELECT nspname AS schema, c.relname AS name, indrelid::regclass::text AS table,
      ${indexBytes} AS bytes, indisvalid AS "isValid",
      c.relname ~ '_cc(new|old)[0-9]*$' AND NOT indisvalid AS "isLeftover",
      ${isBeingBuilt} AS "isBeingBuilt",
      CASE WHEN amname = 'btree' AND c.reltuples >= 0 AND c.relpages > 1 AND width.bytes IS NOT NULL
        THEN greatest(0, 1 - (1 + ceil(c.reltuples * (width.bytes + 12) / (8168 * 0.9))) / c.relpages)::float8 END AS bloat,
      ${isOurs} AS "isOurs"
    FROM pg_index JOIN pg_class c ON c.oid = indexrelid JOIN pg_namespace n ON n.oid = c.relnamespace
      JOIN pg_am ON pg_am.oid = c.relam LEFT JOIN width USING (indexrelid)
    WHERE c.relkind = 'i' AND ${ofPlatform}
    ORDER BY bytes DESC, name`);
  return rows;
}

/** What the whole database takes up. */
export async function databaseBytes(connection: Queryable): Promise<number> {
  const { rows } = await connection.query<{ bytes: number }>(
    sql`SELECT pg_database_size(current_database())::float8 AS bytes`,
  );
  return rows[0]?.bytes ?? 0;
}

/** What would be read as two names, or moves the cursor. */
const odd = /[\s."\p{Cc}]/u;

const typed = (name: string): string =>
  odd.test(name) ? `"${name.replaceAll('"', '""').replaceAll(/\p{Cc}/gu, '?')}"` : name;

/** As it is shown and found: what is not in the schema of the tables is named with its own, and odd names are in quotes. */
export const shownName = ({ schema, name }: Pick<Table, 'schema' | 'name'>): string =>
  schema === 'public' ? typed(name) : `${typed(schema)}.${typed(name)}`;
