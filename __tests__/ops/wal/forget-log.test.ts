import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import { FolderStore } from '../../../ops/src/backup/folder-store';
import { forgetOldLog } from '../../../ops/src/wal/forget-log';
import { baseNote, folderOf, PointsInTime } from '../../../ops/src/wal/points-in-time';

const former = '100';
const present = '200';
const logFile = (number: number) => `0000000100000000000000${String(number).padStart(2, '0')}`;

describe('of points in time goes what nobody can need', () => {
  let place: string;
  let points: PointsInTime;
  beforeEach(() => {
    place = mkdtempSync(path.join(tmpdir(), 'forget-log-'));
    points = new PointsInTime(new FolderStore(place));
  });
  afterEach(() => rmSync(place, { recursive: true }));

  const write = (name: string, text = '') => points.store.put(name, Readable.from([text]), { mostBytes: 100 });

  /** A base backup that needs the log from a file on, and that file. */
  async function addBase(server: string, number: number): Promise<void> {
    const folder = `${folderOf(server, 'base')}/2026112${number}T030000Z-aaaaaa`;
    const archive = { name: `${folder}/base.tar.gz`, bytes: 0, sha256: '' };
    await write(archive.name);
    const finishedAt = `2026-11-2${number}T03:00:00.000Z`;
    const note = { schemaVersion: 1, serverMajor: 17, firstLogFile: logFile(number), finishedAt, archive };
    await write(`${folder}/${baseNote}`, JSON.stringify(note));
    await write(`${folderOf(server, 'log')}/${logFile(number)}.gz`);
  }
  const left = (server: string) => readdirSync(path.join(place, folderOf(server, 'log')));
  const basesLeft = () => readdirSync(path.join(place, folderOf(present, 'base')));

  test('base backups but the last two, and the log before them', async () => {
    for (const number of [1, 2, 3]) await addBase(present, number);
    await forgetOldLog(points, present);
    expect(basesLeft()).toHaveLength(2);
    expect(left(present)).toEqual([2, 3].map((number) => `${logFile(number)}.gz`));
  });

  test('what was begun and is no base backup, at whatever time, and no history of a timeline', async () => {
    await addBase(present, 2);
    await write(`${folderOf(present, 'base')}/20261129T030000Z-bbbbbb/base.tar.gz`);
    await write(`${folderOf(present, 'log')}/00000001.history.gz`);
    await forgetOldLog(points, present);
    expect(basesLeft()).toEqual(['20261122T030000Z-aaaaaa']);
    expect(left(present)).toEqual(['00000001.history.gz', `${logFile(2)}.gz`]);
  });

  test('a server that was lost, once its successor has two base backups', async () => {
    await addBase(former, 1);
    await addBase(present, 2);
    await forgetOldLog(points, present);
    expect(left(former)).toHaveLength(1);
    await addBase(present, 3);
    await forgetOldLog(points, present);
    expect(readdirSync(path.join(place, 'wal'))).toEqual([present]);
  });
});
