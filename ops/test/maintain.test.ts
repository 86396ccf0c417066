import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { tryLock } from '../../app/src/database/lock';
import { ownerRole, readRole } from '../../app/src/database/roles';
import { sql } from '../../app/src/database/sql';
import { createTestDatabase, type TestDatabase } from '../../app/test/support/database';
import { Progress } from '../src/cli/progress';
import { connected, type Server } from '../src/database/server';
import { withoutMigrations } from '../src/database/snapshot';
import { listIndexes } from '../src/maintain/catalog';
import { type Maintained, maintain, planOf } from '../src/maintain/maintain';
import { lastDone, maintenanceRecord, noteMaintained } from '../src/maintain/maintenance-record';
import type { Scope } from '../src/maintain/steps';
import { lookAtFullVacuum, vacuumFull } from '../src/maintain/vacuum-full';

const year = 2041;
let database: TestDatabase;
let server: Server;

beforeEach(async () => {
  database = await createTestDatabase();
  server = database.environmentOf(ownerRole);
});
afterEach(() => database.drop());

const never = new AbortController().signal;

const run = (scope: Scope = 'weekly', limitSeconds = 60, signal = never): Promise<Maintained> =>
  maintain(server, { scope, year, limitSeconds, progress: new Progress(false), signal });

const done = ({ done: all }: Maintained, kind: string) =>
  all.filter((each) => each.kind === kind).map(({ object }) => object);

const query = (statement: ReturnType<typeof sql>) => connected(server, (connection) => connection.query(statement));

/** An index whose building was ended, as its PostgreSQL leaves it: duplicates that it may not have. */
async function breakIndexes(): Promise<void> {
  await query(sql`CREATE TABLE upkeep (a int, b int)`);
  await query(sql`INSERT INTO upkeep SELECT i % 10, i FROM generate_series(1, 1000) i`);
  await query(sql`CREATE UNIQUE INDEX CONCURRENTLY upkeep_unique ON upkeep (a)`).catch(() => undefined);
  await query(sql`CREATE UNIQUE INDEX CONCURRENTLY upkeep_b_ccnew ON upkeep (a)`).catch(() => undefined);
}

test('what a REINDEX left is dropped, an index that is not valid is made anew, and missing years get their place', async () => {
  await breakIndexes();
  await query(sql`DELETE FROM upkeep WHERE b > 10`);
  const found = await run();
  expect(done(found, 'drop index')).toEqual(['upkeep_b_ccnew']);
  expect(done(found, 'reindex')).toEqual(['upkeep_unique']);
  expect(done(found, 'partition')).toEqual([`stock_data_${year}`, `stock_data_${year + 1}`]);
  expect(found.done.filter(({ error }) => error)).toEqual([]);
  const indexes = await connected(server, listIndexes);
  expect(indexes.filter(({ isValid }) => !isValid)).toEqual([]);
  expect(done(await run(), 'reindex')).toEqual([]);
});

test('what cannot be made anew is told, leaves nothing behind, and does not keep the rest from being done', async () => {
  await breakIndexes();
  const found = await run();
  expect(found.done.filter(({ error }) => error)).toEqual([
    expect.objectContaining({
      object: 'upkeep_unique',
      error: expect.stringContaining('could not create unique index'),
    }),
  ]);
  expect(done(found, 'analyze')).toContain('upkeep');
  const left = (await connected(server, listIndexes)).filter(({ isLeftover }) => isLeftover);
  expect(left).toEqual([]);
});

test('each month every index is made anew and every table vacuumed, while it is read', async () => {
  await query(sql`CREATE TABLE upkeep (a int PRIMARY KEY)`);
  await query(sql`INSERT INTO upkeep SELECT generate_series(1, 20000)`);
  await query(sql`DELETE FROM upkeep WHERE a % 20 > 0`);
  const [found] = await Promise.all([run('monthly'), query(sql`SELECT count(*) FROM upkeep, generate_series(1, 50)`)]);
  expect(found.done.filter(({ error }) => error)).toEqual([]);
  const index = found.done.find(({ object }) => object === 'upkeep_pkey');
  expect(index?.bytesAfter).toBeLessThan((index?.bytes ?? 0) / 4);
  expect(done(found, 'vacuum')).toContain('upkeep');
  expect(found.tables.find(({ name }) => name === 'upkeep')).toMatchObject({ rows: 1000, deadRows: 0 });
});

test('a dry run says what would be done, and does none of it', async () => {
  await breakIndexes();
  const steps = await planOf(server, 'weekly', year);
  expect(steps.map(({ kind, object }) => `${kind} ${object}`)).toEqual(
    expect.arrayContaining(['drop index upkeep_b_ccnew', 'reindex upkeep_unique', `partition stock_data_${year}`]),
  );
  expect(await planOf(server, 'weekly', year)).toHaveLength(steps.length);
});

/** Work that is under way from when it has begun until it is ended. */
function lasting() {
  let begin: () => void = () => undefined;
  let end: () => void = () => undefined;
  const begun = new Promise<void>((resolve) => {
    begin = resolve;
  });
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });
  const work = () => {
    begin();
    return ended;
  };
  return { work, begun, end: () => end() };
}

test('it is refused while a migration or a copy is under way, and while indexes are made', async () => {
  const copy = lasting();
  const copying = withoutMigrations(server, 0, copy.work);
  await copy.begun;
  await expect(run()).rejects.toThrow('a migration or another copy has been under way');
  copy.end();
  await copying;
  const indexes = lasting();
  const making = connected(server, async (holder) => {
    await holder.query(sql`BEGIN`);
    await tryLock(holder, sql`hashtextextended('ensure indexes', 0)`);
    await indexes.work();
  });
  await indexes.begun;
  await expect(run()).rejects.toThrow('`stock db index` is making the indexes');
  indexes.end();
  await making;
});

test('when its time is over nothing more is begun, and it says how much is left', async () => {
  const found = await run('monthly', 0);
  expect(found.done).toEqual([]);
  expect(found.left).toBeGreaterThan(10);
});

test('VACUUM FULL is done to the named table alone, and not while others have it', async () => {
  await query(sql`CREATE TABLE upkeep AS SELECT repeat('x', 1000) AS a FROM generate_series(1, 2000)`);
  await query(sql`DELETE FROM upkeep`);
  await expect(lookAtFullVacuum(server, 'pg_class')).rejects.toThrow('there is no table "pg_class"; allowed: ');
  const look = await lookAtFullVacuum(server, 'upkeep');
  expect(look.lockSeconds).toBeGreaterThan(0);
  expect((await vacuumFull(server, look, never)).bytes).toBeLessThan(look.table.bytes / 10);
});

/** An index that is to be made anew waits for whoever writes into its table; that one ends when told. */
async function whileSomebodyWrites(work: (end: () => Promise<unknown>) => Promise<unknown>): Promise<void> {
  await query(sql`CREATE TABLE upkeep AS SELECT 1 AS a FROM generate_series(1, 2)`);
  await query(sql`CREATE UNIQUE INDEX CONCURRENTLY upkeep_a ON upkeep (a)`).catch(() => undefined);
  await query(sql`TRUNCATE upkeep`);
  await connected(server, async (writer) => {
    await writer.query(sql`BEGIN`);
    await writer.query(sql`INSERT INTO upkeep VALUES (1)`);
    await work(() => writer.query(sql`ROLLBACK`));
  });
}

const leftovers = async () => (await connected(server, listIndexes)).filter(({ isLeftover }) => isLeftover);

async function untilReindexWaits(): Promise<void> {
  while ((await leftovers()).length === 0) await sleep(20);
}

test('who stops it in the middle of an index waits for no statement, and nothing of that index is left', async () => {
  const stopping = new AbortController();
  await whileSomebodyWrites(async (end) => {
    const running = run('weekly', 60, stopping.signal);
    await untilReindexWaits();
    expect((await leftovers()).map(({ isBeingBuilt }) => isBeingBuilt)).toEqual([true]);
    stopping.abort(new Error('stopped by SIGINT'));
    await sleep(100);
    await end();
    await expect(running).rejects.toThrow('stopped by SIGINT');
  });
  expect(await leftovers()).toEqual([]);
  const { rows } = await database.asSuperuser("SELECT FROM pg_stat_activity WHERE query ~ '^REINDEX'");
  expect(rows).toEqual([]);
});

test('what is left of an index by a process that was killed is dropped by the next', async () => {
  await whileSomebodyWrites(async () => {
    const running = run();
    running.catch(() => undefined);
    await untilReindexWaits();
    await database.asSuperuser("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query ~ '^REINDEX'");
    await expect(running).rejects.toThrow('terminating connection');
  });
  const left = await leftovers();
  expect(left.map(({ name, isBeingBuilt }) => ({ name, isBeingBuilt }))).toEqual([
    { name: 'upkeep_a_ccnew', isBeingBuilt: false },
  ]);
  expect(done(await run(), 'drop index')).toEqual(['upkeep_a_ccnew']);
  expect(await leftovers()).toEqual([]);
});

test('a database that is to take no writes gets none, though PostgreSQL would make indexes anew', async () => {
  const { rows } = await database.asSuperuser('SELECT current_database() AS name');
  await database.asSuperuser(`ALTER DATABASE ${rows[0].name} SET default_transaction_read_only = on`);
  const refused = 'default_transaction_read_only is on, set by: database); nothing was done';
  await expect(run()).rejects.toThrow(refused);
  await expect(planOf(server, 'weekly', year)).rejects.toThrow(refused);
  await expect(lookAtFullVacuum(server, 'stock')).rejects.toThrow(refused);
});

test('a role that is not there, and one that may not, are told at once', async () => {
  const as = (role: string): Server => ({
    ...server,
    DATABASE_URL: server.DATABASE_URL.replace(`//${ownerRole}`, `//${role}`),
  });
  await expect(planOf(as('nobody_there'), 'weekly', year)).rejects.toThrow('does not let nobody_there in');
  await expect(planOf(database.environmentOf(readRole), 'weekly', year)).rejects.toThrow(
    'this user cannot be it: permission denied to set role "stock_owner"; DATABASE_URL has to name stock_owner',
  );
});

test('a database in which the application has made nothing yet is refused, with what makes it', async () => {
  const empty = await createTestDatabase({ migrated: false });
  try {
    const refused = 'no tables of the application yet, so nothing is to be done; they are made by: stock migrate';
    const options = { scope: 'weekly', year, limitSeconds: 60, progress: new Progress(false), signal: never } as const;
    await expect(maintain(empty.environmentOf(ownerRole), options)).rejects.toThrow(refused);
    await expect(lookAtFullVacuum(empty.environmentOf(ownerRole), 'stock')).rejects.toThrow(refused);
  } finally {
    await empty.drop();
  }
});

test('tables of others are left alone, and one that is locked keeps nobody from looking', async () => {
  await database.asSuperuser('CREATE TABLE of_others (a int PRIMARY KEY)');
  await query(sql`CREATE TABLE upkeep (a int PRIMARY KEY)`);
  await connected(server, async (holder) => {
    await holder.query(sql`BEGIN`);
    await holder.query(sql`LOCK TABLE upkeep`);
    const objects = (await planOf(server, 'monthly', year)).map(({ object }) => object);
    expect(objects).toContain('upkeep');
    expect(objects).not.toContain('of_others');
    expect(objects).not.toContain('of_others_pkey');
  });
  expect((await run()).leftAlone).toEqual(['of_others']);
});

test('a name of whatever characters is one name, shown so that it can be typed', async () => {
  const odd = '"a ""; DROP TABLE job; --"';
  await query(sql`CREATE TABLE "bullmq.job" (a int)`);
  await query(sql`CREATE TABLE "a ""; DROP TABLE job; --" AS SELECT 1 AS a FROM generate_series(1, 2)`);
  await query(sql`CREATE UNIQUE INDEX CONCURRENTLY "b ""; --" ON "a ""; DROP TABLE job; --" (a)`).catch(
    () => undefined,
  );
  await query(sql`TRUNCATE "a ""; DROP TABLE job; --"`);
  const found = await run();
  expect(found.done.filter(({ error }) => error)).toEqual([]);
  expect(done(found, 'reindex')).toEqual(['"b ""; --"']);
  expect(done(found, 'analyze')).toEqual(expect.arrayContaining(['"bullmq.job"', odd, 'job']));
  await vacuumFull(server, await lookAtFullVacuum(server, odd), never);
});

test('a system that is new is maintained at its first time, and the month has the week in it', async () => {
  const work = mkdtempSync(path.join(tmpdir(), 'stockops-test-'));
  try {
    const began = await maintenanceRecord(work);
    expect(lastDone(began, 'monthly')).toEqual(new Date(began.since));
    await sleep(5);
    await noteMaintained(work, 'weekly');
    const weekly = await maintenanceRecord(work);
    expect([lastDone(weekly, 'weekly') > new Date(began.since), weekly.monthly]).toEqual([true, undefined]);
    await noteMaintained(work, 'monthly');
    expect((await maintenanceRecord(work)).weekly).toBe((await maintenanceRecord(work)).monthly);
  } finally {
    rmSync(work, { recursive: true });
  }
});
