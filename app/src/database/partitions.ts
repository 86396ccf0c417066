import type { Database } from './pool';

/**
 * Adds a yearly partition of stock_data when it is missing. The table is built apart and then attached, which takes a
 * lock that blocks neither reads nor writes of the other years.
 *
 * @returns whether the partition was missing
 * @see https://www.postgresql.org/docs/current/ddl-partitioning.html#DDL-PARTITIONING-DECLARATIVE-MAINTENANCE
 */
async function addPartition(database: Database, year: number): Promise<boolean> {
  const name = `stock_data_${year}`;
  const [from, to] = [`${year}-01-01`, `${year + 1}-01-01`];
  const attached = await database.query('SELECT FROM pg_inherits WHERE inhrelid = to_regclass($1)', [name]);
  if (attached.rowCount) return false;
  // The CHECK lets PostgreSQL attach the table without scanning it; a table left by an earlier, interrupted run is reused.
  await database.query(`CREATE TABLE IF NOT EXISTS ${name} (LIKE stock_data INCLUDING ALL,
    CONSTRAINT ${name}_year CHECK (trade_date >= '${from}' AND trade_date < '${to}'))`);
  await database.query(`ALTER TABLE stock_data ATTACH PARTITION ${name} FOR VALUES FROM ('${from}') TO ('${to}')`);
  await database.query(`ALTER TABLE ${name} DROP CONSTRAINT ${name}_year`);
  return true;
}

/**
 * Nightly upkeep of the database: partitions of this and the next year exist, jobs whose result has expired are
 * forgotten, and the planner's statistics are fresh (the manual's "数据库维护").
 *
 * @param year the current year in Shanghai
 * @param resultExpiresSeconds how long a finished job is remembered
 * @returns names of the partitions added, and how many jobs were forgotten
 */
export async function maintain(
  database: Database,
  year: number,
  resultExpiresSeconds: number,
): Promise<{ added: string[]; forgotten: number }> {
  const added: string[] = [];
  for (const candidate of [year, year + 1]) {
    if (await addPartition(database, candidate)) added.push(`stock_data_${candidate}`);
  }
  // Children go with their parent, whose report names them.
  const { rowCount } = await database.query(
    'DELETE FROM job WHERE finished_at < now() - make_interval(secs => $1) AND parent_id IS NULL',
    [resultExpiresSeconds],
  );
  await database.query('ANALYZE');
  return { added, forgotten: rowCount ?? 0 };
}
