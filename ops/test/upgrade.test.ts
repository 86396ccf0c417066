import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { connectionSettings } from '../../app/src/database/connection-settings';
import { ensurePartitions } from '../../app/src/database/partitions';
import { type Queryable, withConnection } from '../../app/src/database/pool';
import { identifier, sql } from '../../app/src/database/sql';
import { bar } from '../../app/test/support/bars';
import { storeBars } from '../../app/test/support/ingest';
import { postgresImages } from '../../config/versions';
import { readManifest, writeManifest } from '../src/backup/manifest';
import { Progress } from '../src/cli/progress';
import { databaseOf } from '../src/database/server';
import { tableFacts } from '../src/database/table-facts';
import { writeDrill } from '../src/drill/drill-record';
import { planRestore } from '../src/restore/restore';
import { checkUpgrade } from '../src/upgrade/check';
import { confirmUpgrade, undoUpgrade } from '../src/upgrade/end-upgrade';
import { type Upgrading, upgrade } from '../src/upgrade/upgrade';
import { writeUpgradeRecord } from '../src/upgrade/upgrade-record';
import { upgradeState } from '../src/upgrade/upgrade-state';
import { type Upgrade, upgradeFrom, upgrades } from '../src/upgrade/upgrades';
import { type CopiedDatabase, createCopiedDatabase, yearsWithoutRows } from './support/copies';

/** The server of the tests is of this major version: the old one of an upgrade to a next one, or the new one of an upgrade to it. */
const here = 18;
const shipped = upgrades[0] as Upgrade;
const onFromHere: Upgrade = { ...shipped, from: here, to: here + 1 };

describe('an upgrade of PostgreSQL', () => {
  let copied: CopiedDatabase;
  let live: string;
  let said: string[];

  beforeEach(async () => {
    copied = await createCopiedDatabase();
    live = databaseOf(copied.environment());
    said = [];
    await storeBars(copied.database.pool, 'tushare', [bar(), bar({ tradeDate: '2024-01-03' })]);
    await disconnected();
  });
  afterEach(async () => {
    await onServer(async (server) => {
      const { rows } = await server.query<{ name: string }>(
        sql`SELECT datname AS name FROM pg_database WHERE datname ~ '^stock_(upgrading|before|undone|restoring)_'`,
      );
      for (const { name } of rows) await server.query(sql`DROP DATABASE ${identifier(name)} WITH (FORCE)`);
      const { rowCount } = await server.query(sql`SELECT FROM pg_database WHERE datname = $1`, [live]);
      if (!rowCount) await server.query(sql`CREATE DATABASE ${identifier(live)}`);
    });
    await copied.drop();
  });

  /** As the role `stock_backup` has it on the bundled server: it may make and rename databases. */
  const superuser = (database: string) => ({
    DATABASE_URL: `${process.env.TEST_DATABASE_SERVER}${database}`,
    DATABASE_PASSWORD: process.env.TEST_DATABASE_PASSWORD ?? '',
  });
  const on = <T>(database: string, work: (connection: Queryable) => Promise<T>) => {
    const { DATABASE_URL, DATABASE_PASSWORD } = superuser(database);
    return withConnection(connectionSettings(DATABASE_URL, DATABASE_PASSWORD), work);
  };
  const onServer = <T>(work: (connection: Queryable) => Promise<T>) => on('postgres', work);
  /** What has written has gone. */
  const disconnected = () =>
    onServer((server) =>
      server.query(sql`SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = $1`, [live]),
    );
  const upgrading = (known?: readonly Upgrade[]): Upgrading => ({
    store: copied.store,
    environment: copied.environment(superuser(live)),
    progress: new Progress(false),
    confirm: async (lines) => void said.push(...lines),
    ...(known && { known }),
  });
  const check = (known?: readonly Upgrade[]) => checkUpgrade(copied.store, upgrading().environment, known);
  const step = async () => (await upgradeState(copied.store, upgrading().environment)).step;

  /** Has a copy of the database stand for that of the server before this one. */
  async function copyOfFormerServer(): Promise<string> {
    const { manifest } = await copied.create(superuser(live));
    const file = path.join(copied.store.place, manifest.id, 'manifest.json');
    const read = readManifest(manifest.id, readFileSync(file, 'utf8'));
    const server = { ...read.server, major: shipped.from, version: `${shipped.from}.11`, systemIdentifier: '1' };
    writeFileSync(file, writeManifest({ ...read, server }));
    await writeUpgradeRecord(copied.store, manifest.id, { from: shipped.from, to: here });
    return manifest.id;
  }

  const renameLive = (to: string) =>
    onServer((server) => server.query(sql`ALTER DATABASE ${identifier(live)} RENAME TO ${identifier(to)}`));

  test('is known between the major versions that an environment can have', () => {
    const [first, ...later] = Object.keys(postgresImages).map(Number);
    expect(upgrades.map(({ from, to }) => [from, to])).toEqual(
      later.map((major, index) => [[first, ...later][index], major]),
    );
    expect(upgradeFrom(first as number)?.changes.length).toBeGreaterThan(3);
  });

  test('is looked at before: what there is, what is missing, and what to do, and nothing is changed', async () => {
    const stateOf = async (name: string) =>
      (await check([onFromHere])).findings.find((finding) => finding.check === name)?.state;
    expect(await stateOf('copies')).toBe('fail');
    const { manifest } = await copied.create(superuser(live));
    expect([await stateOf('copies'), await stateOf('drill')]).toEqual(['ok', 'warn']);
    await writeDrill(copied.store, { id: manifest.id, rtoSeconds: 1, rpoSeconds: 1 });
    const { findings, changes } = await check([onFromHere]);
    const found = Object.fromEntries(findings.map(({ check, state }) => [check, state]));
    expect(found).toMatchObject({
      upgrade: 'ok',
      stop: 'ok',
      'room for the copy': 'ok',
      extensions: 'ok',
      drill: 'ok',
    });
    expect(found['room for the data']).toBe('warn');
    expect(changes).toEqual(onFromHere.changes);
    expect(findings.filter(({ state, advice }) => state !== 'ok' && !advice)).toEqual([]);
    expect(await step()).toBe('live');

    const recipients = ['q', 'p'].map((letter) => `age1${letter.repeat(58)}`).join(',');
    const sealed = copied.environment({ ...superuser(live), BACKUP_AGE_RECIPIENTS: recipients });
    expect((await checkUpgrade(copied.store, sealed, [onFromHere])).findings).toContainEqual(
      expect.objectContaining({ check: 'key of the copies', state: 'fail' }),
    );

    const narrow = { ...onFromHere, extensions: [], disk: { copy: 1e9, data: 1 } };
    const failed = (await check([narrow])).findings.filter(({ state }) => state === 'fail');
    expect(failed.map(({ check }) => check)).toEqual(['room for the copy', 'extensions']);
    await expect(upgrade(upgrading([narrow]))).rejects.toThrow(/room for the copy: .*; extensions: plpgsql.*--check/);
    expect(await step()).toBe('live');
  });

  test('says how large the new volume is where the configuration does', async () => {
    const folder = path.dirname(copied.store.place);
    const BACKUP_CONFIGURATION = folder;
    const roomOf = async (storageGiB: number) => {
      writeFileSync(path.join(folder, 'environment.json'), JSON.stringify({ postgres: { storageGiB } }));
      const environment = copied.environment({ ...superuser(live), BACKUP_CONFIGURATION });
      const { findings } = await checkUpgrade(copied.store, environment, [onFromHere]);
      return findings.find(({ check }) => check === 'room for the data')?.state;
    };
    expect([await roomOf(1), await roomOf(5)]).toEqual(['fail', 'ok']);
  });

  test('ends where no newer version is known', async () => {
    expect((await check()).findings).toEqual([
      { check: 'upgrade', state: 'ok', finding: expect.stringMatching(/^PostgreSQL 18\..*: the newest/) },
    ]);
    await expect(upgrade(upgrading())).rejects.toThrow(/is the newest that this version of the platform goes to/);
    const others = [{ ...shipped, from: here + 1, to: here + 2 }];
    expect((await check(others)).findings).toEqual([
      expect.objectContaining({ state: 'fail', finding: expect.stringContaining('no way is known') }),
    ]);
  });

  test('closes the old server’s database to all, copies it, and goes back without a loss', async () => {
    await copied.create(superuser(live));
    await on(live, async (writer) => {
      await writer.query(sql`SET application_name = 'stock-worker'`);
      await expect(upgrade(upgrading([onFromHere]))).rejects.toThrow(/stock-worker \(1\) still work on/);
    });
    expect([await step(), said]).toEqual(['live', []]);

    const before = await on(live, (connection) => tableFacts(connection));
    const state = await upgrade(upgrading([onFromHere]));
    expect(state).toMatchObject({ step: 'copied', record: { from: here, to: here + 1 } });
    expect(said.join('\n')).toContain('nobody can read or write until the new server is there');
    await expect(on(live, (connection) => connection.query(sql`SELECT 1`))).rejects.toThrow(/does not exist/);
    const { id } = state as { id: string };
    const manifest = readManifest(id, readFileSync(path.join(copied.store.place, id, 'manifest.json'), 'utf8'));
    expect(manifest.tables).toEqual(before);
    expect(await upgrade(upgrading([onFromHere]))).toEqual({ ...state, server: expect.anything() });
    expect((await check([onFromHere])).findings).toEqual([
      expect.objectContaining({ state: 'warn', advice: expect.stringContaining('postgres.major') }),
    ]);

    expect(await undoUpgrade(upgrading([onFromHere]))).toMatchObject({ isOpen: true, major: here });
    expect(await on(live, (connection) => tableFacts(connection))).toEqual(before);
    await expect(undoUpgrade(upgrading([onFromHere]))).rejects.toThrow(/nothing to undo/);
  });

  test('goes on where it was killed: closed and not copied, copied and not undone, undone and closed again', async () => {
    await copied.create(superuser(live));
    await renameLive('stock_upgrading_20261126t120000z');
    expect(await step()).toBe('closed');
    const first = await upgrade(upgrading([onFromHere]));
    expect([first.step, said]).toEqual(['copied', []]);
    const { id, record } = first as { id: string; record: { from: number; to: number } };
    await writeUpgradeRecord(copied.store, id, { ...record, ended: 'undone' });
    expect(await step()).toBe('closed');
    const second = await upgrade(upgrading([onFromHere]));
    expect(second).toMatchObject({ step: 'copied' });
    expect((second as { id: string }).id).not.toBe(id);
    await undoUpgrade(upgrading([onFromHere]));
    expect(await step()).toBe('live');
  });

  test('gives the copy to the new server, which has none, and closes it again on the way back', async () => {
    // Migrations of the new server make every year.
    await ensurePartitions(copied.database.owner, yearsWithoutRows);
    await disconnected();
    const before = await on(live, (connection) => tableFacts(connection));
    const id = await copyOfFormerServer();
    await renameLive('stock_before_this_test');
    expect(await step()).toBe('awaiting');
    expect(await upgrade(upgrading())).toMatchObject({ step: 'restored', id });
    expect(await on(live, (connection) => tableFacts(connection))).toEqual(before);
    await expect(confirmUpgrade(upgrading())).rejects.toThrow(/the new server has no verified copy yet/);

    // Killed before it could write down that it was done: the database says so itself.
    await writeUpgradeRecord(copied.store, id, { from: shipped.from, to: here });
    said = [];
    expect([(await upgrade(upgrading())).step, said]).toEqual(['restored', []]);

    const undone = await undoUpgrade(upgrading());
    expect(said.join('\n')).toMatch(/back to PostgreSQL 17 as it was at .*\n.*0 jobs and 0 bars/);
    expect(undone).toMatchObject({ isOpen: false, major: shipped.from, kept: expect.stringMatching(/^stock_undone_/) });
    await expect(upgrade(upgrading())).rejects.toThrow(/set postgres.major back to what it was/);
  });

  test('puts the copy in the place of a database that was made without a word of the upgrade, which is kept', async () => {
    await copyOfFormerServer();
    await on(live, (connection) => connection.query(sql`CREATE TABLE made_meanwhile ()`));
    expect(await upgrade(upgrading())).toMatchObject({ step: 'restored' });
    expect(said.join('\n')).toContain('gives way and is kept');
    const { rows } = await on(live, (connection) =>
      connection.query<{ found: string | null }>(sql`SELECT to_regclass('made_meanwhile') AS found`),
    );
    expect(rows).toEqual([{ found: null }]);
  });

  test('is confirmed once the new server has a copy of its own that was restored, and there is no way back', async () => {
    await copyOfFormerServer();
    await renameLive('stock_before_this_test');
    await upgrade(upgrading());
    const { manifest } = await copied.create(superuser(live));
    await expect(confirmUpgrade(upgrading())).rejects.toThrow(/was not restored yet/);
    await writeDrill(copied.store, { id: manifest.id, rtoSeconds: 1, rpoSeconds: 1 });
    expect(await confirmUpgrade(upgrading())).toBe(shipped.from);
    expect(await step()).toBe('live');
    await expect(undoUpgrade(upgrading())).rejects.toThrow(/nothing to undo/);
  });

  test('leaves copies of the new server, which are not restored into the old one', async () => {
    const { manifest } = await copied.create(superuser(live));
    const file = path.join(copied.store.place, manifest.id, 'manifest.json');
    const server = { ...manifest.server, major: here + 1, version: `${here + 1}.1` };
    writeFileSync(file, writeManifest({ ...manifest, method: 'pg_dump', server }));
    const plan = planRestore(copied.store, upgrading().environment, manifest.id, { despiteKeys: false });
    await expect(plan).rejects.toThrow(/is of PostgreSQL 19\.1, this server is 18\..*; restore a copy of 18 or before/);
  });

  test('is not begun or undone without a word of confirmation', async () => {
    await copied.create(superuser(live));
    const unsaid = { ...upgrading([onFromHere]), confirm: () => Promise.reject(new Error('not said')) };
    await expect(upgrade(unsaid)).rejects.toThrow('not said');
    expect(await step()).toBe('live');
    await upgrade(upgrading([onFromHere]));
    await expect(undoUpgrade(unsaid)).rejects.toThrow('not said');
    expect(await step()).toBe('copied');
  });
});
