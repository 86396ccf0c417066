import { readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { appliedMigrations } from '../../../app/src/database/migrations';
import { version } from '../../../app/src/runtime/version';
import type { Progress } from '../cli/progress';
import { dumpByCopy } from '../database/copy-rows';
import { dumpByPgDump } from '../database/pg-dump';
import { runProgram } from '../database/program';
import { databaseOf, type ServerFacts, serverFacts } from '../database/server';
import { type Snapshot, withSnapshot } from '../database/snapshot';
import { tableFacts } from '../database/table-facts';
import type { EnvironmentOf } from '../environment';
import { Refusal } from '../failures';
import { together } from '../together';
import { describeFiles } from './copy-files';
import { newCopyId } from './copy-id';
import { inDraft } from './draft';
import { encryptFolder } from './encryption';
import { fingerprintOf } from './fingerprint';
import { type Manifest, type TableFacts, writeManifest } from './manifest';
import { type Draft, requireMarked, type Store } from './store';
import { manifestOf, type Verification, verifyCopy } from './verification';

export interface CreateOptions {
  /** How long to wait for a migration that is under way. */
  lockWaitSeconds: number;
  /** Whether a server's clock that is behind the newest copy is taken for right. */
  despiteClock: boolean;
  /** The moment that the database was recovered to, and that the copy is of. @default that of its snapshot */
  asOf?: Date;
  progress: Progress;
  signal?: AbortSignal | undefined;
}

export interface Created {
  manifest: Manifest;
  verification: Verification;
}

/**
 * Makes a copy of the database: whole, with a manifest and read again, or not at all.
 *
 * @throws Refusal, CannotTell, or what pg_dump said; the copies there are stay as they are
 */
export async function createCopy(
  store: Store,
  environment: EnvironmentOf<'create'>,
  options: CreateOptions,
): Promise<Created> {
  const { progress, signal } = options;
  await requireMarked(store, environment.STOCK_ENVIRONMENT);
  for (const name of ['BACKUP_CONFIGURATION', 'BACKUP_LOGS'] as const) await requireFolder(name, environment[name]);
  const startedAt = new Date();
  const manifest = await withSnapshot(environment, options.lockWaitSeconds, async (snapshot) => {
    // Whoever has the lock is the only one that makes a copy of this database.
    for (const name of (await store.contents()).unfinished) {
      progress.note(`${name} was never finished and is removed`);
      await store.removeUnfinished(name);
    }
    const server = await serverFacts(snapshot.connection);
    if (!options.despiteClock) await refuseClockBehind(store, server.now);
    const snapshotAt = options.asOf ?? server.now;
    const id = newCopyId(snapshotAt);
    return inDraft(store, id, { progress, signal }, async (draft) => {
      const copied = await copyInto(draft, environment, { snapshot, server, progress, signal });
      const files = await progress.step('summing up the files', () => describeFiles(draft.folder, signal));
      const whole: Manifest = {
        schemaVersion: 1,
        id,
        environment: environment.STOCK_ENVIRONMENT,
        method: environment.BACKUP_METHOD as Manifest['method'],
        startedAt: startedAt.toISOString(),
        snapshotAt: snapshotAt.toISOString(),
        finishedAt: new Date().toISOString(),
        server: {
          version: server.version,
          major: server.major,
          systemIdentifier: server.systemIdentifier,
          database: databaseOf(environment),
          lsn: server.lsn,
        },
        application: { version, migrations: copied.migrations },
        tool: copied.tool,
        tables: copied.tables,
        keys: environment.SECRET_KEY
          ? [{ name: 'SECRET_KEY', fingerprint: fingerprintOf(environment.SECRET_KEY) }]
          : [],
        recipients: [...(environment.BACKUP_AGE_RECIPIENTS ?? [])],
        files,
      };
      await progress.step('writing it to the store', (tell) => draft.commit(writeManifest(whole), { tell, signal }));
      return whole;
    });
  });
  const verification = await progress.step('reading it again', (tell) => verifyCopy(store, manifest.id, tell, signal));
  return { manifest, verification };
}

/** The newest copy would no longer be the newest, and retention would take the wrong one away. */
async function refuseClockBehind(store: Store, now: Date): Promise<void> {
  const newest = (await store.contents()).copies.at(-1);
  if (!newest) return;
  const { snapshotAt } = await manifestOf(store, newest);
  if (new Date(snapshotAt) <= now) return;
  throw new Refusal(
    `the server's clock says ${now.toISOString()}, the newest copy ${newest} is of ${snapshotAt}, later; correct the clock that is wrong, or say --despite-clock where the copy's was`,
  );
}

interface Copying {
  snapshot: Snapshot;
  server: ServerFacts;
  progress: Progress;
  signal?: AbortSignal | undefined;
}

async function copyInto(
  { folder }: Draft,
  environment: EnvironmentOf<'create'>,
  { snapshot, server, progress, signal }: Copying,
): Promise<{ tool: string; tables: TableFacts[]; migrations: string[] }> {
  const migrations = await appliedMigrations(snapshot.connection);
  const dump = {
    server: environment,
    snapshot,
    serverMajor: server.major,
    folder,
    work: path.join(environment.BACKUP_WORK, 'libpq'),
    jobs: environment.BACKUP_JOBS,
  };
  const counting = (stop: AbortSignal | undefined, tell: (detail: string) => void = () => undefined) =>
    tableFacts(snapshot.connection, (done, all) => {
      stop?.throwIfAborted();
      tell(`of ${done} of ${all} tables`);
    });
  const text = `copying the database (${environment.BACKUP_METHOD})`;
  let tables: TableFacts[];
  let tool: string;
  try {
    if (environment.BACKUP_METHOD === 'copy') {
      tool = await progress.step(text, () => dumpByCopy({ ...dump, signal }));
      tables = await progress.step('counting rows', (tell) => counting(signal, tell));
    } else {
      [tool, tables] = await progress.step(text, () =>
        together(signal, (stop) => [dumpByPgDump({ ...dump, signal: stop }), counting(stop)]),
      );
    }
  } finally {
    await rm(dump.work, { recursive: true, force: true });
  }
  if (tables.length === 0) {
    throw new Refusal(
      `the database "${databaseOf(environment)}" holds no table, so there is nothing to copy; correct DATABASE_URL, or run: stock migrate`,
    );
  }
  await copyFolder(environment.BACKUP_CONFIGURATION, path.join(folder, 'configuration.tar.gz'), signal);
  await copyFolder(environment.BACKUP_LOGS, path.join(folder, 'logs.tar.gz'), signal);
  const recipients = environment.BACKUP_AGE_RECIPIENTS;
  if (recipients) await progress.step('encrypting', () => encryptFolder(folder, recipients, signal));
  return { tool, tables, migrations };
}

/** Before anything is begun, as the dump may take hours. */
async function requireFolder(name: string, folder: string | undefined): Promise<void> {
  if (!folder) return;
  await readdir(folder).catch(({ code }: NodeJS.ErrnoException) => {
    throw new Refusal(`${name}: the folder '${folder}' cannot be read (${code}); mount it, or leave ${name} out`);
  });
}

/** Beside the database, as the manual's script has it; what a link leads to is copied, as a mounted file is one. */
async function copyFolder(folder: string | undefined, archive: string, signal: AbortSignal | undefined): Promise<void> {
  if (!folder) return;
  await runProgram(
    'tar',
    ['--create', '--gzip', '--dereference', '--exclude=./..*', `--file=${archive}`, '--directory', folder, '.'],
    {
      signal,
      // A log that is written meanwhile is none that is lost.
      acceptable: [1],
    },
  );
}
