import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { forgetOldLog } from '../../../ops/src/wal/forget-log';
import { finishedFile, walFolder } from '../../../ops/src/wal/wal-folder';

const former = '100';
const present = '200';
const logFile = (number: number) => `0000000100000000000000${String(number).padStart(2, '0')}`;

describe('of points in time goes what nobody can need', () => {
  let store: string;
  beforeEach(() => {
    store = mkdtempSync(path.join(tmpdir(), 'forget-log-'));
  });
  afterEach(() => rmSync(store, { recursive: true }));

  /** A base backup that needs the log from a file on, and that file. */
  function addBase(server: string, number: number): void {
    const { base, log } = walFolder(store, server);
    const folder = path.join(base, `2026112${number}T030000Z-aaaaaa`);
    for (const each of [folder, log]) mkdirSync(each, { recursive: true });
    writeFileSync(path.join(folder, 'backup_label'), `START WAL LOCATION: 0/1 (file ${logFile(number)})\n`);
    writeFileSync(path.join(folder, finishedFile), JSON.stringify({ finishedAt: `2026-11-2${number}T03:00:00Z` }));
    writeFileSync(path.join(log, `${logFile(number)}.gz`), '');
  }
  const left = (server: string) => readdirSync(walFolder(store, server).log);

  test('base backups but the last two, and the log before them', async () => {
    for (const number of [1, 2, 3]) addBase(present, number);
    await forgetOldLog(store, present);
    expect(readdirSync(walFolder(store, present).base)).toHaveLength(2);
    expect(left(present)).toEqual([2, 3].map((number) => `${logFile(number)}.gz`));
  });

  test('a server that was lost, once its successor has two base backups', async () => {
    addBase(former, 1);
    addBase(present, 2);
    await forgetOldLog(store, present);
    expect(left(former)).toHaveLength(1);
    addBase(present, 3);
    await forgetOldLog(store, present);
    expect(readdirSync(path.join(store, 'wal'))).toEqual([present]);
  });
});
