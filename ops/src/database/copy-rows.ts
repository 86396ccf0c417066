import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createGzip } from 'node:zlib';
import { copyInto, copyOut } from '../../../app/src/database/copy';
import type { Queryable } from '../../../app/src/database/pool';
import { catalogName, joined, literal, sql } from '../../../app/src/database/sql';
import type { Dump } from './pg-dump';
import { givenColumns, listTables, tableSql } from './table-facts';

// Where there is no pg_dump of the server's version: the rows of every table, in the snapshot. The schema is what migrations make.

/** The rows of a table in a file. */
interface RowFile {
  schema: string;
  /** The table they were in, and the one they go into: that of the partition. */
  name: string;
  root: string;
  /** In the order of the rows' values; without those that the server works out. */
  columns: string[];
  /** Its name is a number: a table's may be what no file's can be. */
  file: string;
}

interface Index {
  tables: RowFile[];
  sequences: { schema: string; name: string; value: string }[];
}

const directory = 'rows';
const indexFile = 'rows.json';

const columnsSql = (columns: readonly string[]) => joined(columns.map(catalogName), ', ');

/** Copies the rows of every table. @returns what did it */
export async function dumpByCopy({ snapshot: { connection }, folder, signal }: Dump): Promise<string> {
  await mkdir(path.join(folder, directory), { mode: 0o700 });
  const tables: RowFile[] = [];
  for (const table of await listTables(connection)) {
    const columns = await givenColumns(connection, tableSql(table));
    const file = path.join(directory, `${tables.length + 1}.copy.gz`);
    const target = createWriteStream(path.join(folder, file), { mode: 0o600 });
    const statement = sql`COPY (SELECT ${columnsSql(columns)} FROM ONLY ${tableSql(table)}) TO STDOUT`;
    await pipeline(copyOut(connection, statement), createGzip(), target, { signal });
    tables.push({ ...table, root: await rootOf(connection, table), columns, file });
  }
  const { rows: sequences } = await connection.query<Index['sequences'][number]>(sql`
    SELECT schemaname AS schema, sequencename AS name, last_value::text AS value
    FROM pg_sequences WHERE last_value IS NOT NULL ORDER BY 1, 2`);
  await writeFile(path.join(folder, indexFile), JSON.stringify({ tables, sequences }), { mode: 0o600 });
  return 'COPY';
}

/**
 * Puts the rows into a database that has the copy's schema.
 *
 * @param connection of a superuser: nothing is checked or set off by a row that was there before
 */
export async function loadByCopy(connection: Queryable, folder: string, signal?: AbortSignal): Promise<void> {
  const { tables, sequences } = JSON.parse(await readFile(path.join(folder, indexFile), 'utf8')) as Index;
  await connection.query(sql`BEGIN`);
  await connection.query(sql`SET LOCAL session_replication_role = replica`);
  for (const table of tables) await connection.query(sql`TRUNCATE ${tableSql({ ...table, name: table.root })} CASCADE`);
  for (const table of tables) {
    const target = tableSql({ ...table, name: table.root });
    const statement = sql`COPY ${target} (${columnsSql(table.columns)}) FROM STDIN`;
    await pipeline(createReadStream(path.join(folder, table.file)), createGunzip(), copyInto(connection, statement), {
      signal,
    });
  }
  for (const { schema, name, value } of sequences) {
    const sequence = tableSql({ schema, name });
    await connection.query(sql`SELECT setval(${literal(sequence)}, $1)`, [value]);
  }
  await connection.query(sql`COMMIT`);
}

async function rootOf(connection: Queryable, table: { schema: string; name: string }): Promise<string> {
  const { rows } = await connection.query<{ root: string | null }>(
    sql`SELECT (SELECT relname FROM pg_class WHERE oid = pg_partition_root($1::regclass)) AS root`,
    [tableSql(table)],
  );
  return rows[0]?.root ?? table.name;
}
