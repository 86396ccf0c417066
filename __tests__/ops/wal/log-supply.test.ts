import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import { promisify } from 'node:util';
import { FolderStore } from '../../../ops/src/backup/folder-store';
import { Refusal } from '../../../ops/src/failures';
import { LogSupply } from '../../../ops/src/wal/log-supply';
import { putPacked } from '../../../ops/src/wal/packed-file';
import { folderOf, PointsInTime, receivingFolder } from '../../../ops/src/wal/points-in-time';

const system = '7';
const name = '00000001000000000000000A';

describe('a server that recovers', () => {
  let folder: string;
  let store: FolderStore;
  let supply: LogSupply;
  const over = new AbortController();
  let serving: Promise<void>;
  beforeEach(async () => {
    folder = mkdtempSync(path.join(tmpdir(), "log of 100% 'supply'-"));
    store = new FolderStore(path.join(folder, 'store'));
    const source = { points: new PointsInTime(store), system, work: folder, identity: undefined };
    mkdirSync(receivingFolder(folder, system), { recursive: true });
    supply = await LogSupply.in(path.join(folder, 'supply'), source);
    serving = supply.serve(over.signal);
    serving.catch(() => undefined);
  });
  afterEach(() => rmSync(folder, { recursive: true }));
  afterAll(() => over.abort());

  const putInStore = (file: string, text: string) =>
    putPacked(store, `${folderOf(system, 'log')}/${file}`, Readable.from([text]), {
      recipients: undefined,
      mostBytes: 9,
    });
  const receive = (file: string, text: string) => writeFileSync(path.join(receivingFolder(folder, system), file), text);

  /** Runs its command as the server does. @returns what it got, undefined where there is no such file */
  async function ask(file = name): Promise<string | undefined> {
    const target = path.join(folder, 'recovered file');
    rmSync(target, { force: true });
    const quoted = `'${target.replaceAll("'", "'\\''")}'`;
    const command = supply.restoreCommand.replaceAll(/%(.)/g, (_, letter: string) =>
      letter === 'f' ? file : letter === 'p' ? quoted : letter,
    );
    const isGiven = await promisify(execFile)('sh', ['-c', command], { timeout: 20_000 }).then(
      () => true,
      () => false,
    );
    return isGiven ? readFileSync(target, 'utf8') : undefined;
  }

  test('is given what the store has, as often as it asks, and nothing stays', async () => {
    await putInStore(name, 'whole');
    expect([await ask(), await ask()]).toEqual(['whole', 'whole']);
    expect([...readdirSync(supply.asked), ...readdirSync(supply.given)]).toEqual([]);
  });

  test('is given what came after it began', async () => {
    expect(await ask()).toBeUndefined();
    await putInStore(name, 'whole');
    expect(await ask()).toBe('whole');
  });

  test('is told that there is no such file', async () => {
    await putInStore(name, 'whole');
    expect(await ask('00000002.history')).toBeUndefined();
  });

  test('is given the whole of the store before a part of this machine, and that before a part of the store', async () => {
    await putInStore(`${name}.partial`, 'a part, earlier');
    expect(await ask()).toBe('a part, earlier');
    receive(`${name}.partial`, 'a part, later');
    expect(await ask()).toBe('a part, later');
    await putInStore(name, 'whole');
    expect(await ask()).toBe('whole');
  });

  test('is given nothing of a file that is damaged: what gives it says so, and ends', async () => {
    const { name: stored } = await putInStore(name, 'whole');
    const file = path.join(store.place, stored);
    const content = readFileSync(file);
    writeFileSync(file, content.subarray(0, -4));
    writeFileSync(path.join(supply.asked, name), '');
    await expect(serving).rejects.toThrow(Refusal);
    await expect(serving).rejects.toThrow(new RegExp(`the file ${name} of the log cannot be read .* is damaged`));
  });
});
