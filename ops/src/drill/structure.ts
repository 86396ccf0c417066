import type { Queryable } from '../../../app/src/database/pool';
import { sql } from '../../../app/src/database/sql';
import { Refusal } from '../failures';

/**
 * Looks at the pages of every table and index, and whether every row is in its indexes.
 *
 * @see https://www.postgresql.org/docs/current/amcheck.html
 * @param connection of a superuser
 * @throws Refusal naming what is damaged
 */
export async function checkStructure(connection: Queryable): Promise<void> {
  await connection.query(sql`CREATE EXTENSION IF NOT EXISTS amcheck`);
  const { rows } = await connection.query<{ name: string; problem: string }>(sql`
    SELECT relname AS name, msg AS problem
    FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace, LATERAL verify_heapam(pg_class.oid)
    WHERE relkind IN ('r', 'm') AND nspname !~ '^pg_' LIMIT 20`);
  if (rows.length > 0) {
    throw new Refusal(`pages are damaged: ${rows.map(({ name, problem }) => `${name}: ${problem}`).join('; ')}`);
  }
  await connection.query(sql`
    SELECT bt_index_check(indexrelid, true)
    FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid JOIN pg_am ON pg_am.oid = relam JOIN pg_namespace ON pg_namespace.oid = relnamespace
    WHERE amname = 'btree' AND relkind = 'i' AND relpersistence <> 't' AND nspname !~ '^pg_'`);
}
