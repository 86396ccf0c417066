import { spawn } from 'node:child_process';
import { appendFileSync, cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { sql } from '../../app/src/database/sql';
import { bar } from '../../app/test/support/bars';
import { storeBars } from '../../app/test/support/ingest';
import { FolderStore } from '../src/backup/folder-store';
import { initStore } from '../src/backup/init';
import { receiveCopy } from '../src/backup/receive';
import { verificationOf } from '../src/backup/verification';
import { Progress } from '../src/cli/progress';
import { compareWithCopy, liveTables } from '../src/restore/compare';
import { type CopiedDatabase, createCopiedDatabase } from './support/copies';

const quiet = new Progress(false);

describe('a copy that comes from elsewhere', () => {
  let copied: CopiedDatabase;
  let id: string;
  let folder: string;
  let store: FolderStore;
  beforeAll(async () => {
    copied = await createCopiedDatabase();
    await storeBars(copied.database.pool, 'tushare', [bar(), bar({ tradeDate: '2024-01-03' })]);
    id = (await copied.create()).manifest.id;
  });
  beforeEach(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'receive-test-'));
    store = new FolderStore(path.join(folder, 'store'));
    await initStore(store, copied.environment());
    cpSync(path.join(copied.store.place, id), path.join(folder, 'sent'), { recursive: true });
  });
  afterEach(() => rmSync(folder, { recursive: true }));
  afterAll(() => copied.drop());

  const archive = () => {
    const words = ['--create', '--directory', path.join(folder, 'sent'), '.'];
    // What nobody reads yet goes when its process ends.
    return spawn('tar', words, { stdio: ['ignore', 'pipe', 'ignore'] }).stdout.pipe(new PassThrough());
  };
  const receive = (from: Readable = archive(), changes = {}) =>
    receiveCopy(store, copied.environment(changes), id, from, { progress: quiet });
  const left = () => readdirSync(store.place);

  test('is one of the store, whole and read again', async () => {
    expect(await receive()).toMatchObject({ state: 'verified', problems: [] });
    expect((await store.contents()).copies).toEqual([id]);
    expect(await verificationOf(store, id)).toMatchObject({ state: 'verified' });
  });

  test('is whole, though who sends it ends later than the archive', async () => {
    const slow = new PassThrough();
    archive().on('data', (chunk) => slow.write(chunk));
    setTimeout(() => slow.end(), 2_000);
    expect(await receive(slow)).toMatchObject({ state: 'verified' });
    // All that is sent is read: who sends would be told that it broke off.
    expect(slow.readableEnded).toBe(true);
  });

  test('takes the place of what a stream that broke off left', async () => {
    await store.begin(id);
    expect((await store.contents()).unfinished).toEqual([`${id}.partial`]);
    expect(await receive()).toMatchObject({ state: 'verified' });
    expect((await store.contents()).unfinished).toEqual([]);
  });

  test.each<[string, () => Readable, RegExp]>([
    ['nothing', () => Readable.from([]), /tar ended with|has no manifest.json/],
    [
      'no archive',
      () => Readable.from(['this is none, though it is as long as a block of one'.repeat(20)]),
      /tar ended with/,
    ],
    [
      'half an archive',
      () => Readable.from([readFileSync(path.join(folder, 'half'))]),
      /tar ended with|is not there|has no manifest.json/,
    ],
    ['a changed file', () => changed((file) => appendFileSync(file, 'x')), /is not copy .*is not there/],
    ['a missing file', () => changed((file) => rmSync(file)), /is not there/],
    ['a file too much', () => changed((file) => appendFileSync(`${file}-more`, 'x')), /-more .* is none of it/],
  ])('of which %s comes is refused, and nothing is left of it', async (_title, come, reason) => {
    const whole = (await archive().toArray()) as Buffer[];
    appendFileSync(path.join(folder, 'half'), Buffer.concat(whole).subarray(0, 1_500));
    await expect(receive(come())).rejects.toThrow(reason);
    expect(left()).toEqual(['stockops-store.json']);
  });

  const changed = (change: (file: string) => void) => {
    const [file] = readdirSync(path.join(folder, 'sent'), { recursive: true, withFileTypes: true }).filter(
      (entry) => entry.isFile() && !entry.name.endsWith('.json'),
    );
    change(path.join(file?.parentPath as string, file?.name as string));
    return archive();
  };

  test('of another environment is refused, and so is one that is there already', async () => {
    const other = new FolderStore(path.join(folder, 'other'));
    await initStore(other, copied.environment({ STOCK_ENVIRONMENT: 'other' }));
    const environment = copied.environment({ STOCK_ENVIRONMENT: 'other' });
    await expect(receiveCopy(other, environment, id, archive(), { progress: quiet })).rejects.toThrow(
      'is of the environment "trial", this is "other"',
    );
    await receive();
    await expect(receive()).rejects.toThrow(`has the copy ${id} already`);
  });
});

describe('the live database, compared with a copy', () => {
  let copied: CopiedDatabase;
  beforeAll(async () => {
    copied = await createCopiedDatabase();
    await storeBars(copied.database.pool, 'tushare', [bar()]);
  });
  afterAll(() => copied.drop());

  test('is as it was copied, until somebody writes; and that it has more is told from that it has fewer', async () => {
    const { manifest } = await copied.create();
    const compare = () => compareWithCopy(copied.environment(), manifest, quiet);
    expect(await compare()).toMatchObject({ id: manifest.id, differences: [], fewer: [] });
    await storeBars(copied.database.pool, 'tushare', [bar({ tradeDate: '2024-01-03' })]);
    const more = await compare();
    expect(more.differences.join()).toMatch(/stock_data\w* has 2 rows, 1 were copied/);
    expect(more.fewer).toEqual([]);
    await copied.database.pool.query(sql`DELETE FROM stock_data`);
    expect((await compare()).fewer.join()).toContain('stock_data');
  });

  test('has no table where nothing was ever in it', async () => {
    const empty = await createCopiedDatabase({ migrated: false });
    expect(await liveTables(empty.environment())).toBe(0);
    expect(await liveTables(copied.environment())).toBeGreaterThan(5);
    await empty.drop();
  });
});
