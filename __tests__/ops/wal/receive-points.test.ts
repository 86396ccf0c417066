import { execFileSync } from 'node:child_process';
import { appendFileSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import { filesBelow } from '../../../ops/src/backup/copy-files';
import { FolderStore } from '../../../ops/src/backup/folder-store';
import { markFile, markOf } from '../../../ops/src/backup/store';
import { Progress } from '../../../ops/src/cli/progress';
import { readOperationsEnvironment } from '../../../ops/src/environment';
import { receivePoints } from '../../../ops/src/wal/receive-points';
import { baseFolder, firstLogFile, logFolder, makePoints } from './made-points';

describe('points in time that come from another store', () => {
  let folder: string;
  let elsewhere: FolderStore;
  let store: FolderStore;
  beforeEach(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'receive-points-'));
    elsewhere = new FolderStore(path.join(folder, 'elsewhere'));
    store = new FolderStore(path.join(folder, 'store'));
    for (const each of [elsewhere, store]) await each.writeMark(markOf('trial'));
    await makePoints(elsewhere);
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const work = () => path.join(folder, 'work');
  const receive = (names = [markFile, 'wal']) => {
    const environment = readOperationsEnvironment('store', {
      STOCK_ENVIRONMENT: 'trial',
      BACKUP_STORE: store.place,
      BACKUP_WORK: work(),
    });
    const archive = execFileSync('tar', ['--create', '--directory', elsewhere.place, ...names]);
    return receivePoints(store, environment, Readable.from([archive]), { progress: new Progress(false) });
  };
  const nothingIsKept = async () => {
    expect(await filesBelow(store.place)).toEqual([markFile]);
    expect(await filesBelow(work())).toEqual([]);
  };

  test('are in this one as they were', async () => {
    mkdirSync(path.join(work(), 'receive-points'), { recursive: true });
    writeFileSync(path.join(work(), 'receive-points', 'left'), 'by one that was killed');
    expect(await receive()).toBe(5);
    for (const name of await filesBelow(path.join(elsewhere.place, 'wal'))) {
      const [there, here] = [elsewhere, store].map(({ place }) => readFileSync(path.join(place, 'wal', name)));
      expect([name, here]).toEqual([name, there]);
    }
    expect(await filesBelow(work())).toEqual([]);
  });

  test('take the place of nothing that is there', async () => {
    const name = `${logFolder}/${firstLogFile}.gz`;
    mkdirSync(path.join(store.place, logFolder), { recursive: true });
    writeFileSync(path.join(store.place, name), 'its own');
    expect(await receive()).toBe(4);
    expect(readFileSync(path.join(store.place, name), 'utf8')).toBe('its own');
  });

  test('are refused where a base backup is not as it was stored', async () => {
    appendFileSync(path.join(elsewhere.place, `${baseFolder}/base.tar.gz`), 'x');
    await expect(receive()).rejects.toThrow('base.tar.gz is not what was stored');
    await nothingIsKept();
  });

  test('are refused of another environment', async () => {
    await elsewhere.writeMark(markOf('production'));
    await expect(receive()).rejects.toThrow('of the environment "production", this is "trial"');
    await nothingIsKept();
  });

  test('are refused where it is not said whose they are, or something else comes along', async () => {
    await expect(receive(['wal'])).rejects.toThrow('does not say whose it is');
    cpSync(path.join(elsewhere.place, markFile), path.join(elsewhere.place, 'wal', 'note.txt'));
    await expect(receive()).rejects.toThrow('wal/note.txt: no file of points in time');
    await expect(receive([markFile, logFolder])).rejects.toThrow('has no base backup');
    await nothingIsKept();
  });
});
