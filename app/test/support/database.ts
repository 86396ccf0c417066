import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { createPool } from '../../src/database/pool';

/** The migrated database that those of the test files are copies of. */
export const templateDatabase = 'stock_template';

/** A database of one test file. */
export interface TestDatabase {
  /** Takes plain text too, unlike the application's. */
  pool: pg.Pool;
  /** The variables by which a role reaches it, the queue in the same database. */
  environment: { DATABASE_URL: string; DATABASE_PASSWORD: string; QUEUE_URL: string; QUEUE_PASSWORD: string };
  drop(): Promise<void>;
}

const server = () => process.env.TEST_DATABASE_SERVER as string;
const password = () => process.env.TEST_DATABASE_PASSWORD as string;

async function onServer(sql: string): Promise<void> {
  const { hostname, port, username } = new URL(server());
  const client = new pg.Client({
    host: hostname,
    port: Number(port),
    user: username,
    password: password(),
    database: 'postgres',
  });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}

/** Makes a database for a test file; empty of schema where migrated is false. */
export async function createTestDatabase({ migrated = true } = {}): Promise<TestDatabase> {
  const name = `test_${randomBytes(6).toString('hex')}`;
  await onServer(`CREATE DATABASE ${name} TEMPLATE ${migrated ? templateDatabase : 'template0'}`);
  const url = `${server()}${name}`;
  const environment = { DATABASE_URL: url, DATABASE_PASSWORD: password(), QUEUE_URL: url, QUEUE_PASSWORD: password() };
  const pool = createPool({ ...environment, DATABASE_POOL_SIZE: 1, DATABASE_MAX_OVERFLOW: 4 }, 'test') as pg.Pool;
  pool.on('error', () => undefined);
  return {
    pool,
    environment,
    drop: async () => {
      await pool.end();
      await onServer(`DROP DATABASE ${name} WITH (FORCE)`);
    },
  };
}
