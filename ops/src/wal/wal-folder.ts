import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { Refusal } from '../failures';

// Points in time are kept in a store that is a folder: STORE/wal/SYSTEM/log has what pg_receivewal receives, STORE/wal/SYSTEM/base/ID
// the base backups. SYSTEM is the server's identifier: a new server never writes into the log of another.

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

/** Where the points in time of a server are. @throws Refusal where the store is no folder */
export function walFolder(store: string, systemIdentifier: string): { log: string; base: string } {
  if (!store.startsWith('/')) {
    throw new Refusal(
      `points in time are kept in a store that is a folder, and BACKUP_STORE is ${store}; leave BASE_BACKUP_SCHEDULE out`,
    );
  }
  if (!/^\d+$/.test(systemIdentifier)) throw new Error(`${systemIdentifier} is no identifier of a server`);
  const folder = path.join(store, 'wal', systemIdentifier);
  return { log: path.join(folder, 'log'), base: path.join(folder, 'base') };
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
