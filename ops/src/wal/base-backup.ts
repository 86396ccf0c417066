import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { newCopyId } from '../backup/copy-id';
import type { Progress } from '../cli/progress';
import { runProgram } from '../database/program';
import { connected, libpqEnvironment, type Server, serverFacts } from '../database/server';
import { forgetOldLog } from './forget-log';
import { finishedFile, walFolder } from './wal-folder';

interface Options {
  store: string;
  work: string;
  progress: Progress;
  signal?: AbortSignal | undefined;
}

/**
 * Copies the files of the server, checks them, and takes away what no point in time needs any more.
 *
 * @see https://www.postgresql.org/docs/current/continuous-archiving.html#BACKUP-BASE-BACKUP
 * @returns the name of the base backup
 */
export async function makeBaseBackup(server: Server, { store, work, progress, signal }: Options): Promise<string> {
  const { systemIdentifier, now } = await connected(server, serverFacts);
  const { base } = walFolder(store, systemIdentifier);
  await mkdir(base, { recursive: true, mode: 0o700 });
  const id = newCopyId(now);
  const partial = path.join(base, `${id}.partial`);
  const libpq = await libpqEnvironment(server, path.join(work, 'libpq'));
  for (const name of await readdir(base))
    if (name.endsWith('.partial')) await rm(path.join(base, name), { recursive: true, force: true });
  try {
    await progress.step('copying the files of the server', () =>
      runProgram(
        'pg_basebackup',
        [`--pgdata=${partial}`, '--format=plain', '--wal-method=none', '--checkpoint=fast', '--no-password'],
        { libpq, signal },
      ),
    );
    await progress.step('reading them again', () =>
      runProgram('pg_verifybackup', ['--no-parse-wal', '--quiet', partial], { signal }),
    );
    const { now: finishedAt } = await connected(server, serverFacts);
    await writeFile(path.join(partial, finishedFile), JSON.stringify({ schemaVersion: 1, finishedAt }), {
      flush: true,
    });
    await rename(partial, path.join(base, id));
  } catch (error) {
    await rm(partial, { recursive: true, force: true });
    throw error;
  }
  await forgetOldLog(store, systemIdentifier);
  return id;
}
