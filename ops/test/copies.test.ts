import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { migrationNames } from '../../app/src/database/migration-files';
import { sql } from '../../app/src/database/sql';
import { bar } from '../../app/test/support/bars';
import { storeBars } from '../../app/test/support/ingest';
import { listCopies } from '../src/backup/list';
import { readManifest, writeManifest } from '../src/backup/manifest';
import { pruneCopies } from '../src/backup/prune';
import { verifyCopies } from '../src/backup/verify';
import { Progress } from '../src/cli/progress';
import { withSnapshot } from '../src/database/snapshot';
import { CannotTell, Refusal } from '../src/failures';
import { type CopiedDatabase, createCopiedDatabase } from './support/copies';

const quiet = new Progress(false);

describe('copies of a database', () => {
  let copied: CopiedDatabase;
  beforeAll(async () => {
    copied = await createCopiedDatabase();
    await storeBars(copied.database.pool, 'tushare', [bar(), bar({ tradeDate: '2024-01-03' })]);
  });
  afterEach(() => {
    for (const name of namesOf()) {
      if (name !== 'stockops-store.json') rmSync(path.join(copied.store.place, name), { recursive: true });
    }
  });
  afterAll(() => copied.drop());

  const namesOf = () => readdirSync(copied.store.place).sort();
  const verify = (id?: string) => verifyCopies(copied.store, copied.environment(), id, quiet);
  const contentOf = (id: string, file: string) => readFileSync(path.join(copied.store.place, id, file));
  /** Sums of all that lies in the store. */
  const sums = () =>
    Object.fromEntries(
      readdirSync(copied.store.place, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => path.join(entry.parentPath, entry.name))
        .map((file) => [file, createHash('sha256').update(readFileSync(file)).digest('hex')]),
    );

  test('are made, listed, verified and pruned', async () => {
    const made = [];
    for (let number = 0; number < 4; number++) made.push(await copied.create());
    const ids = made.map(({ manifest }) => manifest.id);
    expect(made.map(({ verification }) => verification.state)).toEqual(Array(4).fill('verified'));

    const { copies, unfinished } = await listCopies(copied.store);
    expect(unfinished).toEqual([]);
    // Those of one second are in no order.
    expect(copies.map(({ id }) => id)).toEqual([...ids].sort());
    expect(copies.every(({ bytes }) => bytes > 1_000)).toBe(true);
    expect((await verify()).map(({ problems }) => problems)).toEqual([[], [], [], []]);

    const environment = copied.environment({
      BACKUP_KEEP_DAILY: '0',
      BACKUP_KEEP_WEEKLY: '0',
      BACKUP_KEEP_MONTHLY: '0',
    });
    const before = sums();
    const oldest = ids[0] as string;
    const told = await pruneCopies(copied.store, environment, false);
    expect(told.filter(({ isKept }) => !isKept).map(({ id }) => id)).toEqual([oldest]);
    expect(sums()).toEqual(before);
    await pruneCopies(copied.store, environment, true);
    expect(namesOf()).toEqual([...ids.slice(1).sort(), 'stockops-store.json']);
    const again = await pruneCopies(copied.store, environment, true);
    expect(again.every(({ isKept }) => isKept)).toBe(true);
  });

  test('wait for a locked table for half a minute, as pg_dump does, whatever the role may wait for', async () => {
    const { rows } = await withSnapshot(copied.environment(), 0, ({ connection }) =>
      connection.query<{ lock_timeout: string }>(sql`SHOW lock_timeout`),
    );
    expect(rows[0]?.lock_timeout).toBe('30s');
  });

  test('say what is in them: rows and values of every table, migrations, keys without the keys', async () => {
    const { manifest } = await copied.create();
    const text = contentOf(manifest.id, 'manifest.json').toString();
    expect(readManifest(manifest.id, text)).toEqual(manifest);
    expect(manifest).toMatchObject({ environment: 'trial', method: 'copy', tool: 'COPY' });
    expect(manifest.application.migrations).toEqual(migrationNames);
    expect(manifest.tables.find(({ name }) => name === 'public.stock_data_2024')).toMatchObject({ rows: 2 });
    expect(manifest.keys).toEqual([{ name: 'SECRET_KEY', fingerprint: expect.stringMatching(/^[0-9a-f]{16}$/) }]);
    for (const secret of [copied.given.SECRET_KEY, copied.given.DATABASE_PASSWORD]) expect(text).not.toContain(secret);

    const { tables } = JSON.parse(contentOf(manifest.id, 'rows.json').toString());
    const { file } = tables.find(({ name }: { name: string }) => name === 'stock_data_2024');
    expect(
      gunzipSync(contentOf(manifest.id, file))
        .toString()
        .match(/600000\.SH/g),
    ).toHaveLength(2);
  });

  test('are of the values: another value is another hash, the same rows in another order are not', async () => {
    const { owner, pool } = copied.database;
    await owner.query('CREATE TABLE odd (id int PRIMARY KEY, content text, document jsonb, written json, place point)');
    try {
      const hashOf = async () => {
        const { manifest } = await copied.create();
        return manifest.tables.find(({ name }) => name === 'public.odd')?.hash;
      };
      const insert = (id: number, content: string) =>
        owner.query(
          'INSERT INTO odd VALUES ($1, $2, jsonb_build_object($2::text, $1::int), json_build_array($2::text), point(1, $1))',
          [id, content],
        );
      await insert(1, 'a\\N\t"quoted" \n\\.\n');
      await insert(2, 'b');
      const [first, same] = [await hashOf(), await hashOf()];
      expect(same).toBe(first);
      await owner.query('DELETE FROM odd WHERE id = 1');
      await insert(1, 'a\\N\t"quoted" \n\\.\n');
      expect(await hashOf()).toBe(first);
      await owner.query("UPDATE odd SET content = 'c' WHERE id = 2");
      const second = await hashOf();
      expect(second).not.toBe(first);
      await owner.query("UPDATE odd SET written = '[]' WHERE id = 2");
      expect(await hashOf()).not.toBe(second);
    } finally {
      await owner.query('DROP TABLE odd');
    }
    expect(await pool.query('SELECT FROM stock_data')).toMatchObject({ rowCount: 2 });
  });

  test('take a table and a schema of any name', async () => {
    const { owner } = copied.database;
    await owner.query('CREATE SCHEMA "../a ""b"""');
    await owner.query(`CREATE TABLE "../a ""b"""."表/..""'" AS SELECT 1 AS "c ""d"""`);
    try {
      const { manifest, verification } = await copied.create();
      expect(verification.state).toBe('verified');
      expect(manifest.tables).toContainEqual({ name: `../a "b".表/.."'`, rows: 1, hash: expect.any(String) });
    } finally {
      await owner.query('DROP SCHEMA "../a ""b""" CASCADE');
    }
  });

  test('are damaged when a file is another, shorter or gone, which verifying names and keeps', async () => {
    const { manifest } = await copied.create();
    const { id } = manifest;
    const file = path.join(copied.store.place, id, 'rows.json');
    const whole = readFileSync(file);
    const flipped = Buffer.from(whole);
    flipped.writeUInt8(flipped.readUInt8(10) ^ 1, 10);
    const stateAndProblems = async () => {
      const [found] = await verify(id);
      return [found?.state, ...(found?.problems ?? [])];
    };

    writeFileSync(file, flipped);
    expect(await stateAndProblems()).toEqual(['damaged', 'rows.json is not what was written']);
    writeFileSync(file, whole.subarray(0, 100));
    expect(await stateAndProblems()).toEqual(['damaged', `rows.json has 100 bytes, ${whole.length} were written`]);
    rmSync(file);
    expect(await stateAndProblems()).toEqual(['damaged', 'rows.json is missing']);
    expect((await listCopies(copied.store)).copies[0]?.verification).toMatchObject({ state: 'damaged' });
    writeFileSync(file, whole);
    expect(await stateAndProblems()).toEqual(['verified']);
  });

  test('whose manifest cannot be used are damaged, and never taken away', async () => {
    const { manifest } = await copied.create();
    writeFileSync(path.join(copied.store.place, manifest.id, 'manifest.json'), '{');
    expect(await verify(manifest.id)).toMatchObject([
      { state: 'damaged', problems: [expect.stringContaining('is not JSON')] },
    ]);
    const { copies } = await listCopies(copied.store);
    expect(copies).toMatchObject([{ id: manifest.id, manifest: undefined, verification: { state: 'damaged' } }]);
    expect(await pruneCopies(copied.store, copied.environment(), true)).toEqual([]);
    expect(namesOf()).toContain(manifest.id);
  });

  test('leave nothing behind when making one is stopped', async () => {
    const before = await copied.create();
    const sumsBefore = sums();
    const stopping = new AbortController();
    const progress = new Progress(false);
    const stopped = copied.create({}, { signal: stopping.signal, progress });
    stopping.abort(new Error('stopped by SIGTERM'));
    await expect(stopped).rejects.toThrow('stopped by SIGTERM');
    expect(sums()).toEqual(sumsBefore);
    expect(namesOf()).toEqual([before.manifest.id, 'stockops-store.json']);
  });

  test('remove what an earlier one left unfinished', async () => {
    const draft = await copied.store.begin('20261126T023000Z-4f1c9a');
    writeFileSync(path.join(draft.folder, 'rows.json'), '');
    const { manifest } = await copied.create();
    expect(namesOf()).toEqual([manifest.id, 'stockops-store.json']);
  });

  test('are not made behind the newest one, unless that is said to be wrong', async () => {
    const { manifest } = await copied.create();
    const id = '20990101T000000Z-000000';
    const draft = await copied.store.begin(id);
    await draft.commit(writeManifest({ ...manifest, id, snapshotAt: '2099-01-01T00:00:00.000Z', files: [] }));
    const before = sums();
    await expect(copied.create()).rejects.toThrow(
      /the newest copy 20990101T000000Z-000000 is of 2099.*say --despite-clock/,
    );
    expect(sums()).toEqual(before);
    expect(await copied.create({}, { despiteClock: true })).toMatchObject({ verification: { state: 'verified' } });
  });

  test('are not made in a store of another environment, or in none', async () => {
    await expect(copied.create({ STOCK_ENVIRONMENT: 'staging' })).rejects.toThrow(Refusal);
    const mark = contentOf('.', 'stockops-store.json');
    rmSync(path.join(copied.store.place, 'stockops-store.json'));
    await expect(copied.create()).rejects.toThrow('its volume is not mounted');
    expect(namesOf()).toEqual([]);
    writeFileSync(path.join(copied.store.place, 'stockops-store.json'), mark);
  });

  test.each([
    ['of another password', { DATABASE_PASSWORD: 'wrong' }],
    ['of a server that is away', { DATABASE_URL: 'postgresql://stock_owner@127.0.0.1:1/stockdb' }],
  ])('are not made %s, and it cannot be told', async (_title, changes) => {
    await expect(copied.create(changes)).rejects.toThrow(CannotTell);
    await expect(copied.create(changes)).rejects.toThrow(/does not let stock_owner in .*correct DATABASE_URL/);
    expect(namesOf()).toEqual(['stockops-store.json']);
  });
});

test('a database without a table is refused: there is nothing to lose, or it is the wrong one', async () => {
  const empty = await createCopiedDatabase({ migrated: false });
  try {
    await expect(empty.create()).rejects.toThrow(/holds no table.*correct DATABASE_URL, or run: stock migrate$/);
    expect(readdirSync(empty.store.place)).toEqual(['stockops-store.json']);
  } finally {
    await empty.drop();
  }
});
