import { catalogName, joined, type Sql, sql } from '../../../app/src/database/sql';
import { connected, type Server } from '../database/server';
import { tableSql } from '../database/table-facts';

interface Analyzed {
  schema: string;
  name: string;
  /** Those that are looked at; none: all of them. */
  columns: string[];
}

/**
 * Gathers what the planner chooses indexes by, so that the first queries after a restore are as fast as those before it: all of a table, and the
 * indexed columns of one that has partitions, and of these. The server itself gathers the rest of a partition as soon as it notices
 * its rows, and the nightly maintenance that of the whole, which the server never looks at.
 */
export const refreshStatistics = (target: Server): Promise<unknown> =>
  connected(target, async (connection) => {
    const { rows } = await connection.query<Analyzed>(sql`
      SELECT nspname AS schema, relname AS name,
        coalesce(array_agg(DISTINCT attname::text) FILTER (WHERE attname IS NOT NULL), '{}') AS columns
      FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
        LEFT JOIN pg_index ON indrelid = pg_class.oid AND relkind = 'p'
        LEFT JOIN pg_attribute ON attrelid = indrelid AND attnum = ANY (indkey)
      WHERE relkind IN ('r', 'p') AND NOT relispartition AND relpersistence <> 't'
        AND nspname <> 'information_schema' AND nspname !~ '^pg_'
      GROUP BY nspname, relname`);
    if (rows.length > 0) await connection.query(sql`ANALYZE ${joined(rows.map(analyzedSql), ', ')}`);
  });

const analyzedSql = ({ columns, ...table }: Analyzed): Sql =>
  columns.length > 0 ? sql`${tableSql(table)} (${joined(columns.map(catalogName), ', ')})` : tableSql(table);
