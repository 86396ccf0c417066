import { ensurePartitions } from './partitions';
import type { Database } from './pool';
import { identifier, joined, sql } from './sql';

/** Refreshes the planner's statistics of the tables of this role; those of the server itself it may not. */
async function analyzeTables(database: Database): Promise<void> {
  const { rows } = await database.query<{ name: string }>(
    sql`SELECT relname AS name FROM pg_class
        WHERE relkind IN ('r', 'p') AND NOT relispartition AND relowner = current_user::regrole
          AND relnamespace = current_schema()::regnamespace`,
  );
  const tables = rows.map(({ name }) => identifier(name));
  await database.query(sql`ANALYZE ${joined(tables, ', ')}`);
}

/**
 * Nightly upkeep of the database: partitions of this and the next year exist, jobs whose result has expired are
 * forgotten, and the planner's statistics are fresh (manual 3.6).
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
  const added = await ensurePartitions(database, [year, year + 1]);
  // Children go with their parent, whose report names them.
  const { rowCount } = await database.query(
    sql`DELETE FROM job WHERE finished_at < now() - make_interval(secs => $1) AND parent_id IS NULL`,
    [resultExpiresSeconds],
  );
  await analyzeTables(database);
  return { added, forgotten: rowCount ?? 0 };
}
