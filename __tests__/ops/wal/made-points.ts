import { Readable } from 'node:stream';
import type { Store } from '../../../ops/src/backup/store';
import { writeStored } from '../../../ops/src/backup/stored-json';
import { putPacked } from '../../../ops/src/wal/packed-file';
import { baseArchive, baseNote, folderOf } from '../../../ops/src/wal/points-in-time';

export const system = '7386';
export const baseId = '20261126T030000Z-aaaaaa';
export const baseFinishedAt = '2026-11-26T03:00:10.000Z';
export const baseFolder = `${folderOf(system, 'base')}/${baseId}`;
export const logFolder = folderOf(system, 'log');
export const firstLogFile = '000000010000000000000002';
export const secondLogFile = '000000010000000000000003';

/** Puts a base backup into a store, the log after it, and a file of the log from before it. */
export async function makePoints(store: Store, recipients?: readonly string[]): Promise<void> {
  const put = (name: string, text: string) =>
    putPacked(store, name, Readable.from([text]), { recipients, mostBytes: 100 });
  const archive = await put(`${baseFolder}/${baseArchive}`, 'all files of a server');
  const note = { schemaVersion: 1, serverMajor: 17, firstLogFile, finishedAt: baseFinishedAt, archive };
  await store.writeText(`${baseFolder}/${baseNote}`, writeStored(note));
  await put(`${logFolder}/000000010000000000000001`, 'before it');
  await put(`${logFolder}/${firstLogFile}`, 'what came first');
  await put(`${logFolder}/${secondLogFile}.partial`, 'what came last');
}
