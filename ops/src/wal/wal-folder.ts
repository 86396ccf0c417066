import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { Refusal } from '../failures';

// Points in time are kept in a store that is a folder: STORE/wal/SYSTEM/receiving is where pg_receivewal writes, log has what it has
// written whole, base/ID the base backups. SYSTEM is the server's identifier: a new server never writes into the log of another.

/** A base backup: recovery begins with it. */
export interface BaseBackup {
  id: string;
  folder: string;
  /** First file of the log that it needs. */
  firstLogFile: string;
  /** Recovery can end at any moment after this one. */
  finishedAt: Date;
}

export const finishedFile = 'stockops-finished.json';

/** Where the points in time of a server are. */
export interface WalFolder {
  receiving: string;
  log: string;
  base: string;
}

/** @throws Refusal where the store is no folder */
export function walFolder(store: string, systemIdentifier: string): WalFolder {
  if (!store.startsWith('/')) {
    throw new Refusal(
      `points in time are kept in a store that is a folder, and BACKUP_STORE is ${store}; leave BASE_BACKUP_SCHEDULE out`,
    );
  }
  if (!/^\d+$/.test(systemIdentifier)) throw new Error(`${systemIdentifier} is no identifier of a server`);
  const folder = path.join(store, 'wal', systemIdentifier);
  return {
    receiving: path.join(folder, 'receiving'),
    log: path.join(folder, 'log'),
    base: path.join(folder, 'base'),
  };
}

/** Every server of which the store has points in time. */
export async function serversWithWal(store: string): Promise<string[]> {
  const names = await readdir(path.join(store, 'wal')).catch(() => []);
  return names.filter((name) => /^\d+$/.test(name));
}

/** The whole base backups, the oldest first. */
export async function listBaseBackups(base: string): Promise<BaseBackup[]> {
  const names = (await readdir(base).catch(() => [])).filter((name) => !name.includes('.')).sort();
  const found: BaseBackup[] = [];
  for (const id of names) {
    const folder = path.join(base, id);
    const label = await readFile(path.join(folder, 'backup_label'), 'utf8').catch(() => '');
    const firstLogFile = /^START WAL LOCATION: \S+ \(file ([0-9A-F]{24})\)$/m.exec(label)?.[1];
    const finished = await readFile(path.join(folder, finishedFile), 'utf8').catch(() => '');
    if (firstLogFile && finished) {
      found.push({ id, folder, firstLogFile, finishedAt: new Date(JSON.parse(finished).finishedAt) });
    }
  }
  return found;
}

const segmentsOfLog = 256;

/** The name of the file of the log that follows, for files of 16 MiB. */
export function nextLogFile(name: string): string {
  const [timeline, log, segment] = [name.slice(0, 8), name.slice(8, 16), name.slice(16)];
  const next = Number.parseInt(log, 16) * segmentsOfLog + Number.parseInt(segment, 16) + 1;
  const hex = (value: number) => value.toString(16).toUpperCase().padStart(8, '0');
  return timeline + hex(Math.floor(next / segmentsOfLog)) + hex(next % segmentsOfLog);
}

/** Whether the log goes on without a gap from the file that a base backup begins with: moments after a gap need another base. */
export async function isLogWhole({ receiving, log }: WalFolder, { firstLogFile }: BaseBackup): Promise<boolean> {
  const folders = await Promise.all([log, receiving].map((folder) => readdir(folder).catch(() => [])));
  const names = folders.flat().map((name) => name.slice(0, 24));
  const wanted = [...new Set(names)].filter((name) => /^[0-9A-F]{24}$/.test(name) && name >= firstLogFile).sort();
  let expected = firstLogFile;
  for (const name of wanted) {
    if (name !== expected) return false;
    expected = nextLogFile(name);
  }
  return true;
}
