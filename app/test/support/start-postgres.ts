import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { migrate } from '../../src/database/migrations';
import { ownerRole } from '../../src/database/roles';
import { literal, sql } from '../../src/database/sql';
import { EmbeddedPostgres } from '../../src/embedded/postgres';
import { openTestRoles, templateDatabase } from './database';

/** Starts one PostgreSQL for all test files, with a migrated database that each file copies. */
export async function startPostgres(): Promise<void> {
  const folder = await mkdtemp(path.join(tmpdir(), 'stock-analysis-test-'));
  // Test data need not survive a crash, and without waiting for the disk the tests take half the time.
  const fast = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' };
  // Tests connect thousands of times, and a client computes 4096 rounds for each of its passwords otherwise.
  const settings = { ...fast, max_connections: '200', scram_iterations: '1' };
  const server = await EmbeddedPostgres.start({ folder, settings });
  stopPostgres = async () => {
    await server.stop();
    await rm(folder, { recursive: true });
  };
  process.env.TEST_DATABASE_SERVER = server.url('');
  process.env.TEST_DATABASE_PASSWORD = server.password;
  process.env.TEST_DATABASE_FOLDER = folder;
  await server.ensureDatabase(templateDatabase);
  const roles = await openTestRoles();
  await roles.make();
  await roles.asSuperuser('postgres', (connection) =>
    connection.query(sql`ALTER ROLE CURRENT_USER PASSWORD ${literal(server.password)}`),
  );
  await roles.grantRights(templateDatabase);
  await migrate(roles.environment(templateDatabase, ownerRole), 0, () => undefined);
}

export let stopPostgres: () => Promise<void>;
