import type { Database } from './pool';
import { integer, sql } from './sql';

/** What a server says of who is connected. */
export interface Sessions {
  count: number;
  /** max_connections. */
  most: number;
  /** What runs for long, the longest first: of this role alone, as others' statements are not shown to it. */
  long: { application: string; seconds: number }[];
}

/** Asks the server itself, also one that others run. @param longSeconds after which a statement has run for long */
export async function readSessions(database: Database, longSeconds: number): Promise<Sessions> {
  const { rows } = await database.query<Sessions>(
    sql`SELECT count(*)::int AS count, current_setting('max_connections')::int AS most,
               coalesce(
                 jsonb_agg(
                   jsonb_build_object('application', application_name, 'seconds', extract(epoch FROM now() - query_start)::int)
                   ORDER BY query_start
                 ) FILTER (WHERE state = 'active' AND query_start < now() - interval '${integer(longSeconds)} seconds'),
                 '[]'
               ) AS long
        FROM pg_stat_activity WHERE usename IS NOT NULL`,
  );
  return rows[0] as Sessions;
}
