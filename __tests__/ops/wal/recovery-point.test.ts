import { mkdtempSync, rmSync, truncateSync, utimesSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { generateX25519Identity, identityToRecipient } from 'age-encryption';
import { FolderStore } from '../../../ops/src/backup/folder-store';
import { PointsInTime } from '../../../ops/src/wal/points-in-time';
import { filesOf, recoveryPointFor, requireReadable } from '../../../ops/src/wal/recovery-point';
import { baseFinishedAt, baseFolder, firstLogFile, logFolder, makePoints, secondLogFile } from './made-points';

const after = new Date('2026-11-26T03:30:00Z');
const signal = new AbortController().signal;

describe('what a moment is recovered from', () => {
  let place: string;
  let points: PointsInTime;
  beforeEach(() => {
    place = mkdtempSync(path.join(tmpdir(), 'recovery-point-'));
    points = new PointsInTime(new FolderStore(place));
  });
  afterEach(() => rmSync(place, { recursive: true }));

  const read = async (moment = after, identity?: string) =>
    requireReadable(points, await recoveryPointFor(points, moment), moment, {
      identity,
      tell: () => undefined,
      signal,
    });
  const inPlace = (name: string) => path.join(place, name);

  test('is a base backup from before it, and the log from its first file on', async () => {
    await makePoints(points.store);
    expect(await filesOf(points, await recoveryPointFor(points, after))).toEqual([
      `${baseFolder}/base.json`,
      `${baseFolder}/base.tar.gz`,
      `${logFolder}/${firstLogFile}.gz`,
      `${logFolder}/${secondLogFile}.partial.gz`,
    ]);
    await read();
  });

  test('is none before the first base backup, nor where there is none', async () => {
    await expect(recoveryPointFor(points, after)).rejects.toThrow('has no base backup');
    await makePoints(points.store);
    await expect(recoveryPointFor(points, new Date(baseFinishedAt))).rejects.toThrow(
      `moments after ${baseFinishedAt} can be recovered`,
    );
  });

  test('is refused where a file of it is damaged, by its name', async () => {
    await makePoints(points.store);
    truncateSync(inPlace(`${logFolder}/${firstLogFile}.gz`), 20);
    await expect(read()).rejects.toThrow(new RegExp(`${firstLogFile}\\.gz in .* cannot be read .*it is damaged`));
  });

  test('is refused where the log was last written before it', async () => {
    await makePoints(points.store);
    const then = new Date('2026-11-26T03:10:00Z');
    for (const name of [firstLogFile, `${secondLogFile}.partial`])
      utimesSync(inPlace(`${logFolder}/${name}.gz`), then, then);
    await expect(read()).rejects.toThrow(
      /last written at 2026-11-26T03:10:00.000Z, and does not reach .*earlier moment/,
    );
  });

  test('is read with the private key where it is encrypted, and refused without it or with another', async () => {
    const [ours, others] = [await generateX25519Identity(), await generateX25519Identity()];
    await makePoints(points.store, [await identityToRecipient(ours)]);
    await read(after, ours);
    await expect(read()).rejects.toThrow('BACKUP_AGE_IDENTITY_FILE');
    await expect(read(after, others)).rejects.toThrow('encrypted for others');
  });
});
