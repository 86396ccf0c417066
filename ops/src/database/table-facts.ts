import type { Queryable } from '../../../app/src/database/pool';
import { catalogName, type Sql, sql } from '../../../app/src/database/sql';
import type { TableFacts } from '../backup/manifest';

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
    const { rows } = await connection.query<{ rows: number; hash: string }>(sql`
      SELECT count(*)::float8 AS rows, coalesce(bit_xor(hash_record_extended(each, 0)), 0)::text AS hash
      FROM ONLY ${tableSql(table)} AS each`);
    facts.push({ name: `${table.schema}.${table.name}`, ...(rows[0] as { rows: number; hash: string }) });
    onTable(facts.length, tables.length);
  }
  return facts;
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
  return [...missing, ...found.filter(({ name }) => !names.has(name)).map(({ name }) => `${name} was not copied`)];
}
