import { readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { listBaseBackups, serversWithWal, walFolder } from './wal-folder';

/** What recovery can begin with: the newest, and the one before while the newest is young. */
const kept = 2;

/**
 * Takes away what no point in time needs any more: base backups beyond those that are kept, the log before the oldest of them, and, once
 * there are as many as are kept, all of the servers that were before this one.
 */
export async function forgetOldLog(store: string, systemIdentifier: string): Promise<void> {
  const { log, base } = walFolder(store, systemIdentifier);
  const all = await listBaseBackups(base);
  const staying = all.slice(-kept);
  for (const { folder } of all.slice(0, -kept)) await rm(folder, { recursive: true, force: true });
  const [oldest] = staying;
  if (!oldest) return;
  for (const name of await readdir(log).catch(() => [])) {
    const file = /^([0-9A-F]{24})(\.gz)?$/.exec(name)?.[1];
    if (file && file < oldest.firstLogFile) await rm(path.join(log, name));
  }
  if (staying.length < kept) return;
  const former = (await serversWithWal(store)).filter((server) => server !== systemIdentifier);
  for (const server of former) await rm(path.dirname(walFolder(store, server).base), { recursive: true, force: true });
}
