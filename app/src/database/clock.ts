import type { Database } from './pool';
import { sql } from './sql';

/** Clocks of healthy machines differ by less. */
export const clockToleranceSeconds = 60;

/** How far this machine's clock is ahead of the database's, in seconds; negative when behind. */
export async function clockAheadSeconds(database: Database): Promise<number> {
  const asked = Date.now();
  const { rows } = await database.query<{ now: number }>(
    sql`SELECT extract(epoch FROM clock_timestamp())::float8 AS now`,
  );
  const answered = Date.now();
  return Math.round((asked + answered) / 2000 - (rows[0]?.now ?? 0));
}
