import { cp, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { createCopy } from '../backup/create';
import { requireMarked, type Store } from '../backup/store';
import type { Progress } from '../cli/progress';
import { majorOf } from '../database/program';
import { databaseOf } from '../database/server';
import { withoutMigrations } from '../database/snapshot';
import { type FillData, withScratchServer } from '../drill/scratch-server';
import type { EnvironmentOf } from '../environment';
import { Refusal } from '../failures';
import { type BaseBackup, listBaseBackups, serversWithWal, type WalFolder, walFolder } from './wal-folder';

/** Seconds for a recovery that plays days of the log. */
const recoverySeconds = 6 * 3_600;
const lockWaitSeconds = 60;

/** The base backup and the log to recover a moment from. */
export interface RecoveryPoint {
  base: BaseBackup;
  folder: WalFolder;
}

/**
 * The newest base backup that was finished before a moment, of any server whose log the store has.
 *
 * @throws Refusal naming from when on moments can be recovered
 */
export async function recoveryPointFor(store: string, moment: Date): Promise<RecoveryPoint> {
  const points: RecoveryPoint[] = [];
  for (const system of await serversWithWal(store)) {
    const folder = walFolder(store, system);
    for (const base of await listBaseBackups(folder.base)) points.push({ base, folder });
  }
  points.sort((a, b) => a.base.finishedAt.getTime() - b.base.finishedAt.getTime());
  const fitting = points.filter(({ base }) => base.finishedAt < moment).at(-1);
  if (fitting) return fitting;
  const first = points[0]?.base.finishedAt.toISOString();
  throw new Refusal(
    first
      ? `no base backup was finished before ${moment.toISOString()}; moments after ${first} can be recovered`
      : `the store ${store} has no base backup: points in time are kept where BASE_BACKUP_SCHEDULE is set`,
  );
}

/**
 * Recovers a server of its own to a moment, and copies it as any copy is made: it can be listed, verified and restored as such.
 *
 * @returns the name of the copy
 */
export async function copyOfMoment(
  store: Store,
  environment: EnvironmentOf<'restore'>,
  moment: Date,
  { progress, signal }: { progress: Progress; signal?: AbortSignal | undefined },
): Promise<string> {
  await requireMarked(store, environment.STOCK_ENVIRONMENT);
  const point = await recoveryPointFor(environment.BACKUP_STORE, moment);
  await refuseOtherMajor(point.base);
  const work = path.join(environment.BACKUP_WORK, 'recover');
  progress.note(`recovering from the base backup ${point.base.id} to ${moment.toISOString()}`);
  return await withScratchServer(
    { work, signal, startSeconds: recoverySeconds },
    recoveredData(point, moment),
    async (server) => {
      const recovered = {
        ...environment,
        ...server.as(databaseOf(environment)),
        BACKUP_WORK: work,
        DATABASE_CA: undefined,
      };
      const options = { lockWaitSeconds: 0, despiteClock: true, asOf: moment, progress, signal };
      // Whoever makes a copy has the lock of the live server, and takes what others left unfinished away.
      return withoutMigrations(environment, lockWaitSeconds, async () => {
        const { manifest } = await createCopy(store, recovered, options);
        return manifest.id;
      });
    },
  ).catch((error: Error) => {
    if (!endedBefore.test(error.message)) throw error;
    throw new Refusal(
      `the log in ${point.folder.log} does not reach ${moment.toISOString()}; say an earlier moment, or this one again in a minute`,
    );
  });
}

/** The files of a server are read by one of its own major version alone. @throws Refusal where this image has another */
export async function refuseOtherMajor({ id, folder }: BaseBackup): Promise<void> {
  const written = (await readFile(path.join(folder, 'PG_VERSION'), 'utf8')).trim();
  const { major, version } = await majorOf('postgres');
  if (String(major) === written) return;
  throw new Refusal(
    `the base backup ${id} is of PostgreSQL ${written}, here is ${version}; say a moment after the upgrade, restore a copy of before it (stockops backup list), or use the image that was made for ${written} (ops/Dockerfile)`,
  );
}

/** Gives recovery a whole file of the log: compressed, or as it was received, or what there is of the last one. */
function restoreCommand({ receiving, log }: WalFolder): string {
  const quoted = (folder: string) => `'${folder.replaceAll("'", "'\\''")}'`;
  const [whole, latest] = [`${quoted(log)}/%f`, `${quoted(receiving)}/%f`];
  const others = [latest, `${latest}.partial`, `${whole}.partial`].map((file) => `cp ${file} %p 2>/dev/null`);
  return `if [ -f ${whole}.gz ]; then gunzip -c ${whole}.gz >%p; else ${others.join(' || ')}; fi`;
}

/** How a server says that its log ends too early. */
const endedBefore = /recovery ended before configured recovery target|could not locate required checkpoint record/;

/** @see https://www.postgresql.org/docs/current/runtime-config-wal.html#RUNTIME-CONFIG-WAL-RECOVERY-TARGET */
const recoveredData =
  ({ base, folder }: RecoveryPoint, moment: Date): FillData =>
  async (data) => {
    await cp(base.folder, data, { recursive: true, mode: 0 });
    await rm(path.join(data, 'postmaster.pid'), { force: true });
    await writeFile(path.join(data, 'recovery.signal'), '');
    const access = path.join(data, 'stockops_hba.conf');
    // Nobody else is on the address of this machine inside its container, and its superuser has no password.
    await writeFile(access, 'host all postgres 127.0.0.1/32 trust\n', { mode: 0o600 });
    return {
      hba_file: access,
      restore_command: restoreCommand(folder),
      recovery_target_time: moment.toISOString().replace('T', ' ').replace('Z', '+00'),
      recovery_target_action: 'promote',
      hot_standby: 'off',
      archive_mode: 'off',
    };
  };
