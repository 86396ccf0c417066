import type { Queryable } from './pool';
import { identifier, literal, sql } from './sql';

/** A yearly partition of stock_data. */
export interface Partition {
  name: string;
  /** First day, and the day after the last, as YYYY-MM-DD. */
  from: string;
  to: string;
}

/** The partitions of stock_data, the oldest first. */
export async function listPartitions(database: Queryable): Promise<Partition[]> {
  const { rows } = await database.query<{ name: string; bounds: string }>(
    sql`SELECT relname AS name, pg_get_expr(relpartbound, oid) AS bounds
     FROM pg_class WHERE oid IN (SELECT inhrelid FROM pg_inherits WHERE inhparent = 'stock_data'::regclass)
     ORDER BY relname`,
  );
  return rows.map(({ name, bounds }) => {
    const [from = '', to = ''] = bounds.match(/\d{4}-\d{2}-\d{2}/g) ?? [];
    return { name, from, to };
  });
}

/**
 * Adds a yearly partition of stock_data when it is missing. The table is built apart and then attached, which takes a
 * lock that blocks neither reads nor writes of the other years.
 *
 * @returns whether the partition was missing
 * @see https://www.postgresql.org/docs/current/ddl-partitioning.html#DDL-PARTITIONING-DECLARATIVE-MAINTENANCE
 */
async function addPartition(database: Queryable, year: number): Promise<boolean> {
  const name = `stock_data_${year}`;
  const [partition, check] = [identifier(name), identifier(`${name}_year`)];
  const [from, to] = [literal(`${year}-01-01`), literal(`${year + 1}-01-01`)];
  const attached = await database.query(sql`SELECT FROM pg_inherits WHERE inhrelid = to_regclass($1)`, [name]);
  if (attached.rowCount) return false;
  // The CHECK lets PostgreSQL attach the table without scanning it; a table left by an earlier, interrupted run is reused.
  await database.query(sql`CREATE TABLE IF NOT EXISTS ${partition} (LIKE stock_data INCLUDING ALL,
    CONSTRAINT ${check} CHECK (trade_date >= ${from} AND trade_date < ${to}))`);
  await database.query(sql`ALTER TABLE stock_data ATTACH PARTITION ${partition} FOR VALUES FROM (${from}) TO (${to})`);
  await database.query(sql`ALTER TABLE ${partition} DROP CONSTRAINT ${check}`);
  return true;
}

/**
 * Adds the yearly partitions of stock_data that are missing.
 *
 * @returns names of those added
 */
export async function ensurePartitions(database: Queryable, years: readonly number[]): Promise<string[]> {
  const added: string[] = [];
  for (const year of years) {
    if (await addPartition(database, year)) added.push(`stock_data_${year}`);
  }
  return added;
}
