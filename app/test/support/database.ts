import { randomBytes } from 'node:crypto';
import type pg from 'pg';
import { createPool } from '../../src/database/pool';
import { appRole, type DatabaseRole, ownerRole, readRole } from '../../src/database/roles';
import { EmbeddedRoles, type RoleEnvironment } from '../../src/embedded/roles';

/** The migrated database that those of the test files are copies of. */
export const templateDatabase = 'stock_template';

/** A database of one test file. Its pools take plain text too, unlike the application's. */
export interface TestDatabase {
  /** As worker and scheduler reach it: what the tests of what they do use. */
  pool: pg.Pool;
  /** As the API reaches it. */
  reader: pg.Pool;
  /** As migrations and upkeep reach it, and tests that set up or look at what no other role may. */
  owner: pg.Pool;
  /** The variables by which worker and scheduler reach it, the queue in the same database. */
  environment: RoleEnvironment;
  environmentOf(role: DatabaseRole): RoleEnvironment;
  /** Runs a statement that no role may: where a test breaks what only the server itself can. */
  asSuperuser(sql: string, values?: unknown[]): Promise<pg.QueryResult>;
  drop(): Promise<void>;
}

/** The roles of the server that all test files share. */
export const openTestRoles = (): Promise<EmbeddedRoles> => {
  const { TEST_DATABASE_SERVER = '', TEST_DATABASE_PASSWORD = '', TEST_DATABASE_FOLDER = '' } = process.env;
  const server = { url: (database: string) => `${TEST_DATABASE_SERVER}${database}`, password: TEST_DATABASE_PASSWORD };
  return EmbeddedRoles.open(server, TEST_DATABASE_FOLDER);
};

/** Makes a database for a test file; empty of schema where migrated is false. */
export async function createTestDatabase({ migrated = true } = {}): Promise<TestDatabase> {
  const name = `test_${randomBytes(6).toString('hex')}`;
  const roles = await openTestRoles();
  const asSuperuser = (on: string, sql: string, values?: unknown[]) =>
    roles.asSuperuser(on, async (connection) => {
      const client = connection as pg.Client;
      await client.query('SET default_transaction_read_only = off');
      return client.query(sql, values);
    });
  const onServer = (sql: string) => asSuperuser('postgres', sql);
  // Copied as files, it takes half of the time that it takes by way of the log.
  const template = migrated ? templateDatabase : 'template0';
  await onServer(`CREATE DATABASE ${name} TEMPLATE ${template} STRATEGY FILE_COPY`);
  await roles.grantRights(name);
  const environmentOf = (role: DatabaseRole) => roles.environment(name, role);
  const open = (role: DatabaseRole, connections: number) => {
    const size = { DATABASE_POOL_SIZE: 1, DATABASE_MAX_OVERFLOW: connections - 1 };
    const pool = createPool({ ...environmentOf(role), ...size }, `test-${role}`) as pg.Pool;
    pool.on('error', () => undefined);
    return pool;
  };
  const pools = { pool: open(appRole, 5), reader: open(readRole, 5), owner: open(ownerRole, 2) };
  return {
    ...pools,
    environment: environmentOf(appRole),
    environmentOf,
    asSuperuser: (sql, values) => asSuperuser(name, sql, values),
    drop: async () => {
      for (const pool of Object.values(pools)) await pool.end();
      await onServer(`DROP DATABASE ${name} WITH (FORCE)`);
    },
  };
}
