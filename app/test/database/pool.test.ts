import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pino } from 'pino';
import { createPool, type DatabasePool, inTransaction } from '../../src/database/pool';
import { sql } from '../../src/database/sql';
import { openQueue } from '../../src/jobs/queue';
import { readEnvironment } from '../../src/runtime/env';
import { createTestDatabase, type TestDatabase } from '../support/database';

describe('a password file that is changed while the process runs', () => {
  const user = `rotated_${randomBytes(4).toString('hex')}`;
  let database: TestDatabase;
  let folder: string;
  let file: string;
  beforeAll(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'stock-analysis-password-'));
    file = path.join(folder, 'password');
    database = await createTestDatabase();
    await database.asSuperuser(`CREATE ROLE ${user} LOGIN SUPERUSER`);
    await changePassword('first');
    writeFileSync(file, 'first\n');
  });
  afterAll(async () => {
    await database.asSuperuser(`DROP ROLE ${user}`);
    await database.drop();
    rmSync(folder, { recursive: true });
  });

  const changePassword = (password: string) => database.asSuperuser(`ALTER ROLE ${user} PASSWORD '${password}'`);
  const cutConnections = () =>
    database.asSuperuser('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = $1', [user]);

  test('is read at the next connection, of the database and of a queue on PostgreSQL', async () => {
    const url = new URL(database.environment.DATABASE_URL);
    url.username = user;
    const { QUEUE_PASSWORD, DATABASE_PASSWORD, ...rest } = database.environment;
    const environment = readEnvironment('scheduler', {
      ...rest,
      DATABASE_URL: String(url),
      DATABASE_PASSWORD_FILE: file,
      QUEUE_URL: String(url),
      QUEUE_PASSWORD_FILE: file,
    });
    const pool = createPool(environment, 'test');
    pool.on('error', () => undefined);
    const queue = openQueue(environment, pino({ level: 'silent' }));
    try {
      await pool.query(sql`SELECT 1`);
      await queue.getJobCounts('waiting');
      await changePassword('second');
      await cutConnections();
      // The first question may still meet a connection that was cut.
      await pool.query(sql`SELECT 1`).catch(() => undefined);
      await expect(pool.query(sql`SELECT 1`)).rejects.toMatchObject({ code: '28P01' });
      writeFileSync(file, 'second\n');
      await pool.query(sql`SELECT 1`);
      await queue.getJobCounts('waiting');
    } finally {
      await queue.close();
      await pool.end();
    }
  });
});

describe('a server that becomes read-only', () => {
  test('loses the connection that met it: the next one is asked of whoever has the name then', async () => {
    const database = await createTestDatabase();
    const processIdOf = async (client: Pick<typeof database.pool, 'query'>) =>
      (await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid')).rows[0]?.pid;
    const before = await processIdOf(database.pool);
    const write = inTransaction(database.pool, async (client) => {
      await client.query(sql`SET TRANSACTION READ ONLY`);
      await client.query(sql`DELETE FROM job`);
    });
    await expect(write).rejects.toMatchObject({ code: '25006' });
    expect(await processIdOf(database.pool)).not.toBe(before);
    await database.drop();
  });
});

describe('a statement that does not answer in time', () => {
  let database: TestDatabase;
  let pool: DatabasePool;
  beforeAll(async () => {
    database = await createTestDatabase();
    const size = { DATABASE_POOL_SIZE: 1, DATABASE_MAX_OVERFLOW: 0 };
    pool = createPool({ ...database.environment, ...size }, 'impatient', 0.5);
  });
  afterAll(async () => {
    await pool.end();
    await database.drop();
  });

  const backend = async () => (await pool.query<{ pid: number }>(sql`SELECT pg_backend_pid() AS pid`)).rows[0]?.pid;
  /** Statements of the pool at which the server still is. */
  const sleeping = async () =>
    (
      await database.pool.query(
        "SELECT FROM pg_stat_activity WHERE application_name = 'impatient' AND state = 'active' AND query LIKE '%pg_sleep%'",
      )
    ).rowCount;

  test('fails, its connection is not used again, and the server ends it soon', async () => {
    const before = await backend();
    await expect(pool.query(sql`SELECT pg_sleep(60)`)).rejects.toThrow('Query read timeout');
    expect(await backend()).not.toBe(before);
    while (await sleeping()) await new Promise((resolve) => setTimeout(resolve, 50));
  });

  test('ends its transaction, whose connection is not used again either', async () => {
    const before = await backend();
    const started = performance.now();
    const waiting = inTransaction(pool, (client) => client.query(sql`SELECT pg_sleep(60)`));
    await expect(waiting).rejects.toThrow('Query read timeout');
    expect(performance.now() - started).toBeLessThan(1_500);
    expect(await backend()).not.toBe(before);
  });
});

describe('a connection that is lost between two statements of a transaction', () => {
  test('fails the transaction, and not the process', async () => {
    const database = await createTestDatabase();
    const lost = inTransaction(database.pool, async (client) => {
      const { rows } = await client.query<{ pid: number }>(sql`SELECT pg_backend_pid() AS pid`);
      await database.pool.query('SELECT pg_terminate_backend($1)', [rows[0]?.pid]);
      await new Promise((resolve) => setTimeout(resolve, 200));
      await client.query(sql`SELECT 1`);
    });
    await expect(lost).rejects.toThrow(/terminating connection|not queryable|Connection terminated/);
    await database.pool.query('SELECT 1');
    await database.drop();
  });
});

describe('a database behind a pooler in transaction mode', () => {
  test('is asked nothing that belongs to a session: no options at the start, nothing prepared by name', async () => {
    const database = await createTestDatabase();
    const session = async (pooled: boolean) => {
      const size = { DATABASE_POOL_SIZE: 1, DATABASE_MAX_OVERFLOW: 0 };
      const pool = createPool({ ...database.environment, ...size, DATABASE_POOLED: pooled }, 'test');
      try {
        const named = await pool.query<{ one: number }>({ name: 'one', text: sql`SELECT $1::int AS one`, values: [1] });
        const { rows } = await pool.query(
          sql`SELECT current_setting('plan_cache_mode') AS plans, (SELECT count(*)::int FROM pg_prepared_statements) AS prepared`,
        );
        return { ...named.rows[0], ...(rows[0] as object) };
      } finally {
        await pool.end();
      }
    };
    expect(await session(true)).toEqual({ one: 1, plans: 'auto', prepared: 0 });
    expect(await session(false)).toEqual({ one: 1, plans: 'force_custom_plan', prepared: 1 });
    await database.drop();
  });
});
