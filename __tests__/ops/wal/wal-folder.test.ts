import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isLogWhole, listBaseBackups, nextLogFile, walFolder } from '../../../ops/src/wal/wal-folder';

let store: string;
const folder = () => walFolder(store, '7712479350844173312');
const base = { id: 'b', folder: '', firstLogFile: '00000001000000000000000D', finishedAt: new Date(0) };

beforeEach(() => {
  store = mkdtempSync(join(tmpdir(), 'wal-'));
  for (const each of Object.values(folder())) mkdirSync(each, { recursive: true });
});
afterEach(() => rmSync(store, { recursive: true }));

const received = (...names: string[]) => {
  for (const name of names) writeFileSync(join(folder().log, name), '');
};
const receiving = (...names: string[]) => {
  for (const name of names) writeFileSync(join(folder().receiving, name), '');
};

test.each([
  ['00000001000000000000000D', '00000001000000000000000E'],
  ['0000000100000000000000FF', '000000010000000100000000'],
  ['00000002000000FF000000FF', '000000020000010000000000'],
])('after the file %s of the log comes %s', (name, next) => {
  expect(nextLogFile(name)).toBe(next);
});

test('a log is whole when every file follows on another, compressed, received or being received', async () => {
  received('00000001000000000000000C.gz', '00000001000000000000000D.gz', '00000001000000000000000E.gz');
  receiving('00000001000000000000000F', '000000010000000000000010.partial');
  expect(await isLogWhole(folder(), base)).toBe(true);
});

test('a log with a gap after the base backup is not whole, one with a gap before it is', async () => {
  received('00000001000000000000000A.gz', '00000001000000000000000D.gz');
  receiving('00000001000000000000000F.partial');
  expect(await isLogWhole(folder(), base)).toBe(false);
  receiving('00000001000000000000000E');
  expect(await isLogWhole(folder(), base)).toBe(true);
});

test('a log that does not have what the base backup begins with is not whole', async () => {
  receiving('00000001000000000000000E.partial');
  expect(await isLogWhole(folder(), base)).toBe(false);
});

test('what is unfinished, or no folder of a base backup, is none', async () => {
  for (const name of ['20261126T142006Z-90cb53.partial', '20261126T142006Z-90cb53', 'lost+found']) {
    mkdirSync(join(folder().base, name));
  }
  expect(await listBaseBackups(folder().base)).toEqual([]);
});

test('points in time need a store that is a folder, and the identifier of a server', () => {
  expect(() => walFolder('s3://copies/production', '1')).toThrow(/BACKUP_STORE is s3:\/\/copies\/production/);
  expect(() => walFolder('/backup/store', '../..')).toThrow(/is no identifier/);
});
