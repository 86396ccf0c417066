import { mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { createCopy } from '../backup/create';
import { requireMarked, type Store } from '../backup/store';
import type { Progress } from '../cli/progress';
import { majorOf, runProgram } from '../database/program';
import { databaseOf } from '../database/server';
import { withoutMigrations } from '../database/snapshot';
import { makeOwnedFolder, removeFolder } from '../drill/owned-folder';
import { type FillData, withScratchServer } from '../drill/scratch-server';
import type { EnvironmentOf } from '../environment';
import { CannotTell, Refusal } from '../failures';
import { type LogSource, LogSupply } from './log-supply';
import { openPacked } from './packed-file';
import { type BaseBackup, PointsInTime } from './points-in-time';
import { type RecoveryPoint, recoveryPointFor } from './recovery-point';

/** Seconds for a recovery that plays days of the log. */
const recoverySeconds = 6 * 3_600;
const lockWaitSeconds = 60;

interface RecoverOptions {
  progress: Progress;
  signal?: AbortSignal | undefined;
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
  { progress, signal }: RecoverOptions,
): Promise<string> {
  await requireMarked(store, environment.STOCK_ENVIRONMENT);
  const points = new PointsInTime(store);
  const point = await recoveryPointFor(points, moment);
  await refuseOtherMajor(point.base);
  const work = path.join(environment.BACKUP_WORK, 'recover');
  progress.note(`recovering from the base backup ${point.base.id} to ${moment.toISOString()}`);
  const identity = environment.BACKUP_AGE_IDENTITY;
  const source = { points, system: point.system, work: environment.BACKUP_WORK, identity };
  return withLog(source, work, signal, (supply, stop) =>
    withScratchServer(
      { work, signal: stop, startSeconds: recoverySeconds },
      recoveredData(source, point, moment, supply),
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
    ),
  ).catch((error: Error) => {
    if (!endedBefore.test(error.message)) throw error;
    throw new Refusal(
      `the log in ${store.place} does not reach ${moment.toISOString()}; say an earlier moment, or this one again in a minute`,
    );
  });
}

/** The files of a server are read by one of its own major version alone. @throws Refusal where this image has another */
export async function refuseOtherMajor({ id, serverMajor }: Pick<BaseBackup, 'id' | 'serverMajor'>): Promise<void> {
  const { major, version } = await majorOf('postgres');
  if (major === serverMajor) return;
  throw new Refusal(
    `the base backup ${id} is of PostgreSQL ${serverMajor}, here is ${version}; say a moment after the upgrade, restore a copy of before it (stockops backup list), or use the image that was made for ${serverMajor} (ops/Dockerfile)`,
  );
}

/**
 * Works while the log is given to whoever asks in a folder of its own: others may be at work beside it. What fails in giving it stops the
 * work, and is why.
 */
async function withLog<T>(
  source: LogSource,
  above: string,
  signal: AbortSignal | undefined,
  work: (supply: LogSupply, stop: AbortSignal) => Promise<T>,
): Promise<T> {
  const folder = await makeOwnedFolder(above, 'log-');
  const supply = await LogSupply.in(folder, source);
  const [failed, over] = [new AbortController(), new AbortController()];
  const serving = supply.serve(over.signal).catch((error) => failed.abort(error));
  try {
    return await work(supply, signal ? AbortSignal.any([signal, failed.signal]) : failed.signal);
  } finally {
    over.abort();
    await serving;
    await removeFolder(folder);
  }
}

/** How a server says that its log ends too early. */
const endedBefore = /recovery ended before configured recovery target|could not locate required checkpoint record/;

/** @see https://www.postgresql.org/docs/current/runtime-config-wal.html#RUNTIME-CONFIG-WAL-RECOVERY-TARGET */
const recoveredData =
  (source: LogSource, { base }: RecoveryPoint, moment: Date, supply: LogSupply): FillData =>
  async (data) => {
    await unpackBase(source, base, data);
    await rm(path.join(data, 'postmaster.pid'), { force: true });
    await writeFile(path.join(data, 'recovery.signal'), '');
    const access = path.join(data, 'stockops_hba.conf');
    // Nobody else is on the address of this machine inside its container, and its superuser has no password.
    await writeFile(access, 'host all postgres 127.0.0.1/32 trust\n', { mode: 0o600 });
    return {
      hba_file: access,
      restore_command: supply.restoreCommand,
      recovery_target_time: moment.toISOString().replace('T', ' ').replace('Z', '+00'),
      recovery_target_action: 'promote',
      hot_standby: 'off',
      archive_mode: 'off',
    };
  };

/** Unpacks what comes from the store as it comes. @throws Refusal when that is damaged */
async function unpackBase({ points, identity }: LogSource, { id, archive }: BaseBackup, data: string): Promise<void> {
  await mkdir(data, { mode: 0o700 });
  const content = await openPacked(points.store, archive.name, identity);
  try {
    // Zeros end an archive, and tar would not read on to where the stream says that it was whole.
    await runProgram('tar', ['--extract', '--ignore-zeros', '--file=-', '--directory', data], { input: content });
  } catch (error) {
    if (error instanceof CannotTell) throw error;
    throw new Refusal(
      `the base backup ${id} cannot be unpacked (${(error as Error).message}): it is damaged, or the folder has no room; see that ${data} has room, or say a moment after another base backup`,
    );
  }
}
