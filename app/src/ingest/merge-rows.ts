import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { copyInto } from '../database/copy';
import type { DatabaseClient } from '../database/pool';
import { identifier, identifiers, joined, literal, type Sql, sql } from '../database/sql';

/** What a write did, in rows. */
export interface WriteResult {
  inserted: number;
  updated: number;
  /** Rows that say what is stored already, or that may not replace what is stored. */
  unchanged: number;
  /** Symbols with at least one row inserted or updated. */
  changedSymbols: string[];
}

/** Where rows come from. */
export interface Origin {
  source: string;
  /** Sources whose rows these may not replace. */
  outrankedBy: readonly string[];
}

/** A table that rows of sources are merged into. */
export interface TargetTable {
  name: string;
  /** Columns that tell rows apart. */
  key: readonly string[];
  /** Columns of the key that may be null; null is then a value like others. */
  nullableKey?: readonly string[];
  /** Columns that are compared: a row is written again when one of them differs. */
  values: readonly string[];
  /** Columns that are written with a row but not compared. */
  carried?: readonly string[];
  /** Columns of the key whose staged range tells the planner which partitions and rows it need not look at. */
  narrowedBy?: readonly string[];
  /** The column with the moment of the last change. */
  changedAt?: string;
  /** When an incoming row may replace the stored one, in SQL. */
  mayReplace: Sql;
}

/** Condition by which a source's rows replace its own and those of the sources after it. */
export const byRank = sql`stored.source <> ALL ($1::text[])`;

const escapes: Record<string, string> = { '\\': '\\\\', '\t': '\\t', '\n': '\\n', '\r': '\\r' };
const protect = (text: string): string => text.replace(/[\\\t\n\r]/g, (character) => escapes[character] as string);

/** A line of COPY's text format. */
export const copyLine = (fields: readonly (string | number | boolean | null)[]): string =>
  `${fields.map((field) => (field === null ? '\\N' : typeof field === 'string' ? protect(field) : field)).join('\t')}\n`;

/** Makes other writers of a table wait until the end of this transaction. */
export async function lockWriters(client: DatabaseClient, table: string): Promise<void> {
  await client.query(sql`SELECT pg_advisory_xact_lock(hashtextextended($1, 0))`, [table]);
}

/**
 * Copies rows into a table.
 *
 * @param lines rows in COPY's text format, in the order of the columns
 * @returns number of rows
 */
export async function copyRows(
  client: DatabaseClient,
  table: string,
  columns: readonly string[],
  lines: readonly (string | Buffer)[],
): Promise<number> {
  const copy = copyInto(client, sql`COPY ${identifier(table)} (${identifiers(columns)}) FROM STDIN`);
  await pipeline(Readable.from(lines), copy);
  return copy.rowCount;
}

/**
 * Merges rows into a table so that only new and different ones are written: they are copied into a staging table and
 * compared there. Writers of one table wait for each other, from the comparison to the end of their transactions.
 *
 * @param client in a transaction
 * @param outrankedBy sources whose rows these may not replace
 * @param lines rows in COPY's text format, each key at most once: columns of key, values, carried ones and source
 */
export async function mergeRows(
  client: DatabaseClient,
  table: TargetTable,
  outrankedBy: readonly string[],
  lines: readonly (string | Buffer)[],
): Promise<WriteResult> {
  if (lines.length === 0) return { inserted: 0, updated: 0, unchanged: 0, changedSymbols: [] };
  const { key, nullableKey = [], values, carried = [], narrowedBy = [], changedAt, mayReplace } = table;
  const name = identifier(table.name);
  const staged = [...new Set([...key, ...values, ...carried, 'source'])];
  const columns = identifiers(staged);
  await client.query(sql`CREATE TEMP TABLE incoming AS SELECT ${columns} FROM ${name} WITH NO DATA`);
  const read = await copyRows(client, 'incoming', staged, lines);
  await client.query(sql`ANALYZE incoming (${identifiers(key)})`);
  await lockWriters(client, table.name);
  // Each key comes once, which the planner does not know: it would look every row up and remember it for the next.
  await client.query(sql`SET LOCAL enable_memoize = off`);

  const compared = [...values, 'source'].map(identifier);
  const of = (row: Sql) =>
    joined(
      compared.map((column) => sql`${row}.${column}`),
      ', ',
    );
  const equals = (column: string) => (nullableKey.includes(column) ? sql`IS NOT DISTINCT FROM` : sql`=`);
  const isSameKey = key.map(
    (column) => sql`stored.${identifier(column)} ${equals(column)} incoming.${identifier(column)}`,
  );
  const isStored = joined([...isSameKey, ...(await rangeConditions(client, narrowedBy))], ' AND ');
  const isChanged = sql`(${of(sql`stored`)}) IS DISTINCT FROM (${of(sql`incoming`)}) AND ${mayReplace}`;

  // Most loads change little, so one look at the rows says whether there is anything to write.
  const { rows: differences } = await client.query<{ missing: number; changed: number }>(
    sql`SELECT count(*) FILTER (WHERE stored.source IS NULL)::int AS missing,
            count(*) FILTER (WHERE stored.source IS NOT NULL AND ${isChanged})::int AS changed
     FROM incoming LEFT JOIN ${name} AS stored ON ${isStored}`,
    [outrankedBy],
  );
  const { missing = 0, changed = 0 } = differences[0] ?? {};
  const symbol = staged.includes('symbol') ? sql`stored.symbol` : sql`NULL`;
  const changedSymbols: string[] = [];
  if (changed > 0) {
    const assignments = [...compared, ...carried.map(identifier)].map((column) => sql`${column} = incoming.${column}`);
    if (changedAt) assignments.push(sql`${identifier(changedAt)} = now()`);
    const update = sql`UPDATE ${name} AS stored SET ${joined(assignments, ', ')} FROM incoming
      WHERE ${isStored} AND ${isChanged} RETURNING ${symbol} AS symbol`;
    changedSymbols.push(...(await symbolsWritten(client, update, [outrankedBy])));
  }
  if (missing > 0) {
    const insert = sql`INSERT INTO ${name} AS stored (${columns}) SELECT ${columns} FROM incoming
      WHERE NOT EXISTS (SELECT FROM ${name} AS stored WHERE ${isStored}) RETURNING ${symbol} AS symbol`;
    changedSymbols.push(...(await symbolsWritten(client, insert, [])));
  }
  await client.query(sql`DROP TABLE incoming`);
  return {
    inserted: missing,
    updated: changed,
    unchanged: read - missing - changed,
    changedSymbols: [...new Set(changedSymbols)].sort(),
  };
}

/** Runs a statement that returns the symbol of each row it writes; none where the table has no symbols. */
async function symbolsWritten(client: DatabaseClient, statement: Sql, parameters: unknown[]): Promise<string[]> {
  const { rows } = await client.query<{ symbol: string }>(
    sql`WITH written AS (${statement}) SELECT DISTINCT symbol FROM written WHERE symbol IS NOT NULL`,
    parameters,
  );
  return rows.map(({ symbol }) => symbol);
}

/** Conditions that hold for all staged rows, with constants that the planner can use. */
async function rangeConditions(client: DatabaseClient, columns: readonly string[]): Promise<Sql[]> {
  if (columns.length === 0) return [];
  const ranges = columns.map(identifier).map((column) => sql`ARRAY[min(${column})::text, max(${column})::text]`);
  const { rows } = await client.query<[string, string][]>({
    text: sql`SELECT ${joined(ranges, ', ')} FROM incoming`,
    rowMode: 'array',
  });
  const [bounds = []] = rows;
  return columns.map(identifier).map((column, index) => {
    const [least = '', greatest = ''] = bounds[index] ?? [];
    return sql`stored.${column} BETWEEN ${literal(least)} AND ${literal(greatest)}`;
  });
}
