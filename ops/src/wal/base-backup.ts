import { mkdir, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { PassThrough } from 'node:stream';
import { bytesBelow } from '../backup/copy-files';
import { newCopyId } from '../backup/copy-id';
import type { Store } from '../backup/store';
import { writeStored } from '../backup/stored-json';
import type { Progress } from '../cli/progress';
import { runProgram } from '../database/program';
import { connected, libpqEnvironment, type Server, serverFacts } from '../database/server';
import { forgetOldLog } from './forget-log';
import { type Packed, putPacked } from './packed-file';
import { baseArchive, baseNote, folderOf, PointsInTime } from './points-in-time';

interface Options {
  work: string;
  /** Who can read what lies in the store. @default - it is not encrypted */
  recipients: readonly string[] | undefined;
  progress: Progress;
  signal?: AbortSignal | undefined;
}

/**
 * Copies the files of the server to this machine, checks them, puts them into the store as one archive, and takes away what no point in
 * time needs any more.
 *
 * @see https://www.postgresql.org/docs/current/continuous-archiving.html#BACKUP-BASE-BACKUP
 * @returns the name of the base backup
 */
export async function makeBaseBackup(server: Server, store: Store, options: Options): Promise<string> {
  const { work, progress, signal } = options;
  const points = new PointsInTime(store);
  const { systemIdentifier: system, major: serverMajor, now } = await connected(server, serverFacts);
  const id = newCopyId(now);
  const stored = `${folderOf(system, 'base')}/${id}`;
  const files = path.join(work, 'base');
  const secrets = path.join(work, 'libpq');
  const libpq = await libpqEnvironment(server, secrets);
  // Of one that was killed.
  await rm(files, { recursive: true, force: true });
  await mkdir(work, { recursive: true, mode: 0o700 });
  try {
    await progress.step('copying the files of the server', () =>
      runProgram(
        'pg_basebackup',
        [`--pgdata=${files}`, '--format=plain', '--wal-method=none', '--checkpoint=fast', '--no-password'],
        { libpq, signal },
      ),
    );
    await progress.step('reading them again', () =>
      runProgram('pg_verifybackup', ['--no-parse-wal', '--quiet', files], { signal }),
    );
    const { now: finishedAt } = await connected(server, serverFacts);
    const archive = await progress.step('writing them to the store', () => putFolder(store, stored, files, options));
    const firstLogFile = firstLogFileOf(await readFile(path.join(files, 'backup_label'), 'utf8'));
    await store.writeText(
      `${stored}/${baseNote}`,
      writeStored({ schemaVersion: 1, serverMajor, firstLogFile, finishedAt, archive }),
    );
  } catch (error) {
    // What is left where the store is away is taken away with the next.
    await store.removeUnfinished(stored).catch(() => undefined);
    throw error;
  } finally {
    for (const folder of [files, secrets]) await rm(folder, { recursive: true, force: true });
  }
  await forgetOldLog(points, system);
  return id;
}

/** @throws Error when it is no label of a base backup */
function firstLogFileOf(label: string): string {
  const [, file] = /^START WAL LOCATION: \S+ \(file ([0-9A-F]{24})\)$/m.exec(label) ?? [];
  if (file) return file;
  throw new Error(`the base backup does not say what it begins with: ${label.split('\n')[0]}`);
}

/** A folder as one archive, which lies nowhere on its way. */
async function putFolder(store: Store, stored: string, folder: string, options: Options): Promise<Packed> {
  const { signal, recipients } = options;
  const archive = new PassThrough();
  const putting = { recipients, signal, mostBytes: await bytesBelow(folder) };
  const packing = putPacked(store, `${stored}/${baseArchive}`, archive, putting);
  // Its failure ends what it reads from, and is waited for below.
  packing.catch(() => undefined);
  try {
    await runProgram('tar', ['--create', '--file=-', '--directory', folder, '.'], { output: archive, signal });
  } catch (error) {
    // Half of it is not to end as if it were whole; where the store failed first, that is why.
    archive.destroy(error as Error);
    await packing;
    throw error;
  }
  return await packing;
}
