import type { Queryable } from '../../../app/src/database/pool';
import { catalogName, joined, type Sql, sql } from '../../../app/src/database/sql';
import type { TableFacts } from '../backup/manifest';
import { connected, type Server } from './server';

/** A table that holds rows of its own. */
interface Table {
  schema: string;
  name: string;
}

/** Every table that holds rows: partitions each for itself, nothing of PostgreSQL's own. */
export async function listTables(connection: Queryable): Promise<Table[]> {
  const { rows } = await connection.query<Table>(sql`
    SELECT nspname AS schema, relname AS name
    FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
    WHERE relkind = 'r' AND relpersistence <> 't' AND nspname <> 'information_schema' AND nspname !~ '^pg_'
    ORDER BY 1, 2`);
  return rows;
}

/** Its name as SQL. */
export const tableSql = ({ schema, name }: Table): Sql => sql`${catalogName(schema)}.${catalogName(name)}`;

/** Its columns that rows bring with them, in their order; not those that the server works out. @param table its name as SQL */
export async function givenColumns(connection: Queryable, table: Sql): Promise<string[]> {
  const { rows } = await connection.query<{ name: string }>(
    sql`SELECT attname AS name FROM pg_attribute
      WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = '' ORDER BY attnum`,
    [table],
  );
  return rows.map(({ name }) => name);
}

/**
 * Rows of each table, and a hash of them: the exclusive or of a hash of each row's values, so that it is the same in whatever
 * order the rows lie. PostgreSQL keeps these hashes the same over its versions, as hash partitions need them.
 *
 * @param onTable told after each table how many are done, of how many
 */
export async function tableFacts(
  connection: Queryable,
  onTable: (done: number, all: number) => void = () => undefined,
): Promise<TableFacts[]> {
  const facts: TableFacts[] = [];
  const tables = await listTables(connection);
  for (const table of tables) {
    facts.push(await factsOf(connection, table));
    onTable(facts.length, tables.length);
  }
  return facts;
}

/** As `tableFacts`, of a database that nobody writes to: over several connections at once, the largest tables first. */
export async function tableFactsAtOnce(
  server: Server,
  jobs: number,
  onTable: (done: number, all: number) => void,
): Promise<TableFacts[]> {
  const facts: TableFacts[] = [];
  const waiting = await connected(server, listLargestFirst);
  const all = waiting.length;
  const work = async (connection: Queryable) => {
    for (let table = waiting.shift(); table; table = waiting.shift()) {
      facts.push(await factsOf(connection, table));
      onTable(facts.length, all);
    }
  };
  await Promise.all(Array.from({ length: jobs }, () => connected(server, work)));
  return facts;
}

async function listLargestFirst(connection: Queryable): Promise<Table[]> {
  const tables = await listTables(connection);
  const { rows } = await connection.query<{ bytes: number }>(
    sql`SELECT pg_relation_size(name::regclass)::float8 AS bytes FROM unnest($1::text[]) WITH ORDINALITY AS each (name, place)
      ORDER BY place`,
    [tables.map(tableSql)],
  );
  const sized = tables.map((table, index) => ({ table, bytes: rows[index]?.bytes ?? 0 }));
  return sized.sort((a, b) => b.bytes - a.bytes).map(({ table }) => table);
}

async function factsOf(connection: Queryable, table: Table): Promise<TableFacts> {
  const values = joined(await comparableColumns(connection, table), ', ');
  const { rows } = await connection.query<{ rows: number; hash: string }>(sql`
    SELECT count(*)::float8 AS rows, coalesce(bit_xor(hash_record_extended(ROW(${values}), 0)), 0)::text AS hash
    FROM ONLY ${tableSql(table)}`);
  return { name: `${table.schema}.${table.name}`, ...(rows[0] as { rows: number; hash: string }) };
}

/** Types whose hash is that of the value: an enumeration's is that of a number which another database gives to another label. */
const hashedAsTheyAre =
  /^_?(bool|bytea|int2|int4|int8|float4|float8|numeric|text|varchar|date|time|timestamp|timestamptz|interval|uuid|jsonb)$/;

/** The columns of a table as they can be compared between databases: what has no such hash as its text. */
async function comparableColumns(connection: Queryable, table: Table): Promise<Sql[]> {
  const { rows } = await connection.query<{ name: string; type: string }>(
    sql`SELECT attname AS name, typname AS type FROM pg_attribute JOIN pg_type ON pg_type.oid = atttypid
      WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum`,
    [tableSql(table)],
  );
  return rows.map(({ name, type }) =>
    hashedAsTheyAre.test(type) ? catalogName(name) : sql`${catalogName(name)}::text`,
  );
}

/** What differs between a manifest and what was found, a line each. */
export function differences(said: readonly TableFacts[], found: readonly TableFacts[]): string[] {
  const byName = new Map(found.map((facts) => [facts.name, facts]));
  const missing = said.flatMap(({ name, rows, hash }) => {
    const there = byName.get(name);
    if (!there) return [`${name} is missing, ${rows} rows were copied`];
    if (there.rows !== rows) return [`${name} has ${there.rows} rows, ${rows} were copied`];
    return there.hash === hash ? [] : [`${name} has ${rows} rows as it should, with other values`];
  });
  const names = new Set(said.map(({ name }) => name));
  const more = found.filter(({ name, rows }) => rows > 0 && !names.has(name));
  return [...missing, ...more.map(({ name, rows }) => `${name} has ${rows} rows, it was not copied`)];
}
