import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { from as copyFrom } from 'pg-copy-streams';
import type { DatabaseClient } from '../database/pool';

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
  /** Columns that are compared: a row is written again when one of them differs. */
  values: readonly string[];
  /** Columns that are written with a row but not compared. */
  carried?: readonly string[];
  /** The column of the key by whose ranges the table is partitioned. */
  partitionedBy?: string;
  /** The column with the moment of the last change. */
  changedAt?: string;
  /** When an incoming row may replace the stored one, in SQL. */
  mayReplace: string;
}

/** Condition by which a source's rows replace its own and those of the sources after it. */
export const byRank = 'stored.source <> ALL ($2::text[])';

const escapes: Record<string, string> = { '\\': '\\\\', '\t': '\\t', '\n': '\\n', '\r': '\\r' };
const protect = (text: string): string => text.replace(/[\\\t\n\r]/g, (character) => escapes[character] as string);

/** A line of COPY's text format. */
export const copyLine = (fields: readonly (string | number | boolean | null)[]): string =>
  `${fields.map((field) => (field === null ? '\\N' : typeof field === 'string' ? protect(field) : field)).join('\t')}\n`;

/** Makes other writers of a table wait until the end of this transaction. */
export async function lockWriters(client: DatabaseClient, table: string): Promise<void> {
  await client.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [table]);
}

/**
 * Merges rows into a table so that only new and different ones are written: they are copied into a staging table and
 * compared there. Writers of one table wait for each other, from the comparison to the end of their transactions.
 *
 * @param client in a transaction, in which this is called once
 * @param lines rows in COPY's text format, each key at most once: columns of key, values and carried, without source
 */
export async function mergeRows(
  client: DatabaseClient,
  table: TargetTable,
  { source, outrankedBy }: Origin,
  lines: Iterable<string> | AsyncIterable<string>,
): Promise<WriteResult> {
  const { name, key, values, carried = [], partitionedBy, changedAt, mayReplace } = table;
  const staged = [...key, ...values, ...carried].filter((column) => column !== 'source');
  await client.query(
    `CREATE TEMP TABLE incoming ON COMMIT DROP AS SELECT ${staged.join(', ')} FROM ${name} WITH NO DATA`,
  );
  const copy = client.query(copyFrom('COPY incoming FROM STDIN'));
  await pipeline(Readable.from(lines), copy);
  await client.query('ANALYZE incoming');
  await lockWriters(client, name);

  const inRange = partitionedBy ? await rangeCondition(client, partitionedBy) : 'true';
  const incoming = (column: string) => (column === 'source' ? '$1' : `incoming.${column}`);
  const isStored = `${key.map((column) => `stored.${column} = ${incoming(column)}`).join(' AND ')} AND ${inRange}`;
  const compared = [...values, 'source'];
  const written = [...values, ...carried];
  const symbol = staged.includes('symbol') ? 'stored.symbol' : 'NULL';

  const updated = await countBySymbol(
    client,
    `UPDATE ${name} AS stored
     SET ${[...written, 'source'].map((column) => `${column} = ${incoming(column)}`).join(', ')}${changedAt ? `, ${changedAt} = now()` : ''}
     FROM incoming
     WHERE ${isStored} AND ${mayReplace}
       AND (${compared.map((column) => `stored.${column}`).join(', ')}) IS DISTINCT FROM (${compared.map(incoming).join(', ')})
     RETURNING ${symbol} AS symbol`,
    [source, outrankedBy],
  );
  const inserted = await countBySymbol(
    client,
    `INSERT INTO ${name} AS stored (${staged.join(', ')}, source)
     SELECT ${staged.join(', ')}, $1 FROM incoming
     WHERE NOT EXISTS (SELECT FROM ${name} AS stored WHERE ${isStored})
     RETURNING ${symbol} AS symbol`,
    [source],
  );
  return {
    inserted: inserted.rows,
    updated: updated.rows,
    unchanged: copy.rowCount - inserted.rows - updated.rows,
    changedSymbols: [...new Set([...inserted.symbols, ...updated.symbols])].sort(),
  };
}

/** Runs a statement that returns the symbol of each row it wrote, where the table has symbols. */
async function countBySymbol(
  client: DatabaseClient,
  statement: string,
  parameters: unknown[],
): Promise<{ rows: number; symbols: string[] }> {
  const { rows } = await client.query<{ symbol: string | null; rows: number }>(
    `WITH written AS (${statement}) SELECT symbol, count(*)::int AS rows FROM written GROUP BY symbol`,
    parameters,
  );
  return {
    rows: rows.reduce((total, { rows }) => total + rows, 0),
    symbols: rows.flatMap(({ symbol }) => symbol ?? []),
  };
}

/** A condition that holds for all staged rows; its constants tell the planner which partitions it need not open. */
async function rangeCondition(client: DatabaseClient, column: string): Promise<string> {
  const { rows } = await client.query<{ first: string | null; last: string | null }>(
    `SELECT min(${column})::text AS first, max(${column})::text AS last FROM incoming`,
  );
  const { first, last } = rows[0] ?? {};
  return first ? `stored.${column} BETWEEN '${first}' AND '${last}'` : 'false';
}
