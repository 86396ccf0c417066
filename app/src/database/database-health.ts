import type { Dependency } from '../runtime/health';
import { clockAheadSeconds, clockToleranceSeconds } from './clock';
import { schemaFault } from './migrations';
import type { Database } from './pool';
import { sql } from './sql';

/**
 * PostgreSQL answers, has the schema this version needs, takes writes, and shares this machine's idea of the time.
 *
 * @param isForReading whether the process can do its work where nothing is written
 */
export const databaseDependencies = (database: Database, isForReading = false): Dependency[] => [
  { name: 'database', check: () => database.query(sql`SELECT 1`) },
  {
    name: 'schema',
    check: async () => {
      const found = await schemaFault(database);
      if (found) throw new Error(`${found.fault}; ${found.advice}`);
    },
  },
  {
    name: 'writes',
    optional: isForReading,
    check: async () => {
      const { rows } = await database.query<{ transaction_read_only: string }>(sql`SHOW transaction_read_only`);
      if (rows[0]?.transaction_read_only === 'on') {
        throw new Error('the database is read-only: a standby, or told to be; see pg_is_in_recovery()');
      }
    },
  },
  {
    name: 'clock',
    optional: true,
    check: async () => {
      const aheadSeconds = await clockAheadSeconds(database);
      if (Math.abs(aheadSeconds) > clockToleranceSeconds) {
        throw new Error(`this machine's clock is ${aheadSeconds} s ahead of the database's; correct the wrong one`);
      }
    },
  },
];
