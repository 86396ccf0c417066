import { stat } from 'node:fs/promises';
import path from 'node:path';
import { UsageError } from '../../../app/src/runtime/usage-error';
import { isCopyId } from '../backup/copy-id';
import { type Manifest, rowsOf, sizeOf } from '../backup/manifest';
import { withStore } from '../backup/open-store';
import { requireMarked, type Store } from '../backup/store';
import { manifestOf, problemsOf } from '../backup/verification';
import type { Progress } from '../cli/progress';
import { bytesText, momentText } from '../cli/texts';
import type { EnvironmentOf } from '../environment';
import { CannotTell, Refusal } from '../failures';
import { refuseNewerSchema } from '../restore/restore';
import { PointsInTime } from '../wal/points-in-time';
import { recoveryPointFor, requireReadable } from '../wal/recovery-point';

interface Choosing {
  environment: string;
  /** Absolute path of a folder, or s3://BUCKET/PREFIX. */
  from: string;
  /** The store of the workload. */
  itsStore: string;
  /** Name of a copy, or a moment. @default the newest copy */
  copy: string | undefined;
  access: EnvironmentOf<'recover'>;
  progress: Progress;
  signal: AbortSignal;
}

/** What is brought back, every file of it read on this machine. */
export interface Chosen {
  /** Name of the copy, or the moment. */
  copy: string;
  snapshotAt: string;
  /** For people. */
  text: string;
  /** Of the copy, or of the one whose keys are those of the moment; undefined where there is none. */
  manifest: Manifest | undefined;
}

/** Whether a copy has to be brought into the new volume: a bucket is reached by the workload itself. */
export const isFolder = (from: string): boolean => !from.startsWith('s3://');

/** What `--from` says, as it is kept. */
export const addressOf = (from: string): string => (isFolder(from) ? path.resolve(from) : from);

/** Whether it is the database as it was at a moment that is brought back, and no copy. */
export const isMoment = (copy: string): boolean => !isCopyId(copy);

/**
 * Chooses what is brought back, and reads every file of it on this machine.
 *
 * @throws Refusal when the store is another environment's, does not have it, or it is damaged
 */
export async function choose(choosing: Choosing): Promise<Chosen> {
  const { environment, from, itsStore, copy, access } = choosing;
  if (isFolder(from)) await requireFolder(from);
  else if (from !== itsStore) {
    throw new UsageError(
      `the environment keeps its copies in ${itsStore}, and --from is ${from}; set that bucket as "backup.s3" in config/environments/${environment}.ts, or fetch it into a folder and give that`,
    );
  }
  const store = {
    ...access,
    STOCK_ENVIRONMENT: environment,
    BACKUP_STORE: from,
    BACKUP_WORK: path.join('/', 'nowhere'),
  };
  return withStore(store, async (opened) => {
    await requireMarked(opened, environment);
    return copy !== undefined && isMoment(copy)
      ? chosenMoment(opened, new Date(copy), choosing)
      : chosenCopy(opened, choosing);
  });
}

async function chosenCopy(
  store: Store,
  { environment, copy, progress, signal }: Choosing,
): Promise<Chosen & { manifest: Manifest }> {
  const manifest = await manifestOf(store, copy ?? (await newestOf(store)));
  const { id, snapshotAt, tables } = manifest;
  if (manifest.environment !== environment) {
    throw new Refusal(`copy ${id} is of the environment "${manifest.environment}", and ${environment} is wanted`);
  }
  refuseNewerSchema(manifest);
  const problems = await progress.step(`reading ${id}`, (tell) => problemsOf(store, id, tell, signal));
  if (problems.length > 0) {
    throw new Refusal(
      `copy ${id} is damaged: ${problems.join('; ')}; give another one: --backup, of ${(await store.contents()).copies.join(', ')}`,
    );
  }
  const size = `${rowsOf(manifest)} rows of ${tables.length} tables, ${bytesText(sizeOf(manifest))}`;
  const text = `from copy ${id} of ${momentText(snapshotAt)}: ${size}, every file read`;
  return { copy: id, snapshotAt, text, manifest };
}

async function chosenMoment(store: Store, moment: Date, { access, progress, signal }: Choosing): Promise<Chosen> {
  const points = new PointsInTime(store);
  const point = await recoveryPointFor(points, moment);
  const { id } = point.base;
  await progress.step(`reading the base backup ${id} and the log after it`, (tell) =>
    requireReadable(points, point, moment, { identity: access.BACKUP_AGE_IDENTITY, tell, signal }),
  );
  const snapshotAt = moment.toISOString();
  const text = `as it was at ${momentText(snapshotAt)}, from the base backup ${id} and the log after it, every file read`;
  return { copy: snapshotAt, snapshotAt, text, manifest: await lastManifestBefore(store, moment) };
}

/** Of the last copy that is not of later, or else of the first. */
async function lastManifestBefore(store: Store, moment: Date): Promise<Manifest | undefined> {
  const { copies } = await store.contents();
  const found = await Promise.all(copies.map((id) => manifestOf(store, id).catch(() => undefined)));
  // One that is damaged says nothing.
  const manifests = found.filter((each) => each !== undefined);
  return manifests.filter(({ snapshotAt }) => new Date(snapshotAt) <= moment).at(-1) ?? manifests[0];
}

async function requireFolder(from: string): Promise<void> {
  const found = await stat(from).catch(({ code }: NodeJS.ErrnoException) => {
    throw new CannotTell(`the folder ${from} cannot be read (${code}); mount it, or correct --from`);
  });
  if (!found.isDirectory())
    throw new UsageError(`${from} is no folder; allowed: the folder of a store, or s3://BUCKET/PREFIX`);
}

/** Which of them can be used is seen by reading it. */
async function newestOf(store: Store): Promise<string> {
  const newest = (await store.contents()).copies.at(-1);
  if (newest) return newest;
  throw new Refusal(`there is no copy in ${store.place}; give another store: --from`);
}

/** @throws UsageError when it is neither `latest` nor the name of a copy */
export function wantedCopy(text: string): string | undefined {
  if (text === 'latest') return undefined;
  if (isCopyId(text)) return text;
  throw new UsageError(`'${text}' is no copy; allowed: latest, or a name such as 20261126T023000Z-4f1c9a`);
}
