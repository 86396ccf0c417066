import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { ownerRole } from '../../../app/src/database/roles';
import { Refusal } from '../failures';
import { majorOf, runProgram } from './program';
import { libpqEnvironment, type Server } from './server';
import type { Snapshot } from './snapshot';

/** What is read, and where it goes. */
export interface Dump {
  server: Server;
  snapshot: Snapshot;
  serverMajor: number;
  /** Of the copy. */
  folder: string;
  /** For what libpq needs as a file. */
  work: string;
  jobs: number;
  signal?: AbortSignal | undefined;
}

const directory = 'database';

/** At this level it is as small as by the default, gzip, in an eighth of the time. */
const compression = ['--compress=zstd:1'];
/** Major version of the first pg_dump that has it. */
const compressionSince = 16;

/**
 * Dumps the database with `pg_dump -Fd`, each table on a connection of its own, and the roles beside it, without passwords.
 *
 * @returns what did it
 * @throws Refusal when pg_dump is older than the server, which it refuses too, but by then has begun
 */
export async function dumpByPgDump({
  server,
  snapshot,
  serverMajor,
  folder,
  work,
  jobs,
  signal,
}: Dump): Promise<string> {
  const { major, version } = await majorOf('pg_dump');
  if (major < serverMajor) {
    throw new Refusal(
      `pg_dump is of version ${major}, the server of ${serverMajor}; use the image that is made for the server (ops/Dockerfile)`,
    );
  }
  const libpq = await libpqEnvironment(server, work);
  await runProgram(
    'pg_dump',
    [
      '--format=directory',
      `--jobs=${jobs}`,
      ...(major >= compressionSince ? compression : []),
      `--snapshot=${snapshot.id}`,
      '--lock-wait-timeout=30000',
      '--no-password',
      `--file=${path.join(folder, directory)}`,
    ],
    { libpq, signal },
  );
  const roles = path.join(folder, 'roles.sql');
  const only = ['--roles-only', '--no-role-passwords', '--no-password', `--database=${libpq.PGDATABASE}`];
  await runProgram('pg_dumpall', [...only, `--file=${roles}`], { libpq, signal });
  return version;
}

/** A copy that was dumped, and the database it goes into. */
export interface Load {
  server: Server;
  folder: string;
  work: string;
  jobs: number;
  signal?: AbortSignal | undefined;
}

/**
 * Entries of a dump that are left out: rights on what is PostgreSQL's own, which the new database has from its template and
 * only a superuser may set.
 */
const ofServer = / (ACL|COMMENT|SCHEMA) (- (SCHEMA |LANGUAGE )?(public|plpgsql)|pg_catalog )/;

/** Restores a dump into an empty database, or fails with the first error. */
export async function loadByPgRestore({ server, folder, work, jobs, signal }: Load): Promise<void> {
  const dump = path.join(folder, directory);
  const entries = (await runProgram('pg_restore', ['--list', dump], { signal })).split('\n');
  const list = path.join(work, 'restored-entries');
  await writeFile(list, entries.filter((entry) => !ofServer.test(entry)).join('\n'), { mode: 0o600 });
  const libpq = await libpqEnvironment(server, work);
  // Each of some hundred statements would wait for the disk. What is written to the database afterwards waits for all of them.
  libpq.PGOPTIONS += ' -c synchronous_commit=off';
  // All is the owner's, also what somebody made as a superuser, whose rights a restore does not have.
  const owned = ['--no-owner', `--role=${ownerRole}`];
  const options = [`--jobs=${jobs}`, '--exit-on-error', '--no-password', `--use-list=${list}`, ...owned];
  await runProgram('pg_restore', [...options, `--dbname=${libpq.PGDATABASE}`, dump], { libpq, signal });
}
