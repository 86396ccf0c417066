import { mkdir, readdir } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { isCopyId } from '../backup/copy-id';
import { RememberedTexts } from '../backup/remembered-texts';
import type { Listed, Store } from '../backup/store';
import { readStored } from '../backup/stored-json';
import { type LogFile, partial, wholeForm } from './log-file';
import { unpackedName } from './packed-file';

// Points in time in a store, whatever kind it is: wal/SYSTEM/log has the files of the write-ahead log, wal/SYSTEM/base/ID a base backup.
// SYSTEM is the server's identifier: a new server never writes into the log of another. What is received first lies on this machine,
// in WORK/wal/SYSTEM.

/** Of a store, and of the folder for what is under way. */
export const pointsFolder = 'wal';
const systemForm = /^\d+$/;
/** Makes a base backup one: it is written last. */
export const baseNote = 'base.json';
/** The server's files, without what packing adds to the name. */
export const baseArchive = 'base.tar';

export const baseSchema = z.object({
  schemaVersion: z.literal(1),
  /** Major version of the server. */
  serverMajor: z.int(),
  /** First file of the log that it needs. */
  firstLogFile: z.string().regex(wholeForm),
  /** Recovery can end at any moment after this one. */
  finishedAt: z.iso.datetime().transform((text) => new Date(text)),
  /** The server's files, as the store has them. */
  archive: z.object({ name: z.string(), bytes: z.int(), sha256: z.string() }),
});

/** A base backup: recovery begins with it. */
export type BaseBackup = z.output<typeof baseSchema> & {
  id: string;
  /** All of it in the store. */
  folder: string;
};

/** A file of the log in a store. */
export type StoredLogFile = LogFile & { stored: Listed };

/** What a store has of points in time. */
export class PointsInTime {
  readonly #notes: RememberedTexts;

  constructor(readonly store: Store) {
    this.#notes = new RememberedTexts(store);
  }

  /** Every server of which there are some. */
  async servers(): Promise<string[]> {
    return (await this.store.folders(pointsFolder)).filter((name) => systemForm.test(name));
  }

  /** The whole base backups of a server, the oldest first. */
  async bases(system: string): Promise<BaseBackup[]> {
    const listed = await this.store.list(folderOf(system, 'base'));
    const found: BaseBackup[] = [];
    for (const note of listed.filter(({ name }) => name.endsWith(`/${baseNote}`))) {
      const folder = path.posix.dirname(note.name);
      const facts = readStored(baseSchema, await this.#notes.read(note));
      if (facts) found.push({ ...facts, id: path.posix.basename(folder), folder });
    }
    return found;
  }

  /** Folders of base backups, whole or not. */
  async baseFolders(system: string): Promise<string[]> {
    const base = folderOf(system, 'base');
    return (await this.store.folders(base)).map((id) => `${base}/${id}`);
  }

  /** The files of a server's log, in their order. @param from the name of the first that is wanted */
  async log(system: string, from?: string): Promise<StoredLogFile[]> {
    const folder = folderOf(system, 'log');
    const listed = await this.store.list(folder, from === undefined ? undefined : `${folder}/${from}`);
    return listed.flatMap((stored) => {
      const file = logFileOf(unpackedName(path.posix.basename(stored.name)));
      return file ? [{ ...file, stored }] : [];
    });
  }

  /** Takes away all of a server. */
  removeServer(system: string): Promise<void> {
    return this.store.removeUnfinished(folderOf(system));
  }
}

/** The file of the log that a name stands for, undefined where it stands for none. */
export function logFileOf(name: string): LogFile | undefined {
  const isPartial = name.endsWith(partial);
  const whole = isPartial ? name.slice(0, -partial.length) : name;
  return wholeForm.test(whole) ? { name: whole, isPartial } : undefined;
}

/** Whether a name in a store is that of a file of points in time. */
export function isPointFile(name: string): boolean {
  const [above, system = '', kind, ...rest] = name.split('/');
  if (above !== pointsFolder || !systemForm.test(system)) return false;
  if (kind === 'log') return rest.length === 1 && logFileOf(unpackedName(rest[0] as string)) !== undefined;
  const [id = '', file = ''] = rest;
  return kind === 'base' && rest.length === 2 && isCopyId(id) && [baseNote, baseArchive].includes(unpackedName(file));
}

/** Where the log of a server is in a store, or its base backups. @throws Error when that is no identifier of a server */
export function folderOf(system: string, ...below: ('base' | 'log')[]): string {
  if (!systemForm.test(system)) throw new Error(`${system} is no identifier of a server`);
  return [pointsFolder, system, ...below].join('/');
}

/** Where the log of a server is received on this machine. */
export const receivingFolder = (work: string, system: string): string => path.join(work, folderOf(system));

/** The servers whose log was received on this machine. */
export const receivedServers = async (work: string): Promise<string[]> =>
  (await readdir(path.join(work, pointsFolder)).catch(() => [])).filter((name) => systemForm.test(name));

/** What of a server's log lies on this machine. */
export const receivedLog = async (work: string, system: string): Promise<LogFile[]> =>
  (await readdir(receivingFolder(work, system)).catch(() => [])).sort().flatMap((name) => logFileOf(name) ?? []);

/** Makes the folder that the log of a server is received in. */
export async function makeReceivingFolder(work: string, system: string): Promise<string> {
  const folder = receivingFolder(work, system);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  return folder;
}
