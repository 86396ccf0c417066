import { sumOf } from '../backup/copy-files';
import { CannotTell, Refusal } from '../failures';
import { openPacked } from './packed-file';
import { type BaseBackup, baseNote, type PointsInTime } from './points-in-time';

/** What a moment is recovered from. */
export interface RecoveryPoint {
  system: string;
  base: BaseBackup;
}

/**
 * The newest base backup that was finished before a moment, of any server whose log the store has.
 *
 * @throws Refusal naming from when on moments can be recovered
 */
export async function recoveryPointFor(points: PointsInTime, moment: Date): Promise<RecoveryPoint> {
  const found: RecoveryPoint[] = [];
  for (const system of await points.servers()) {
    for (const base of await points.bases(system)) found.push({ system, base });
  }
  found.sort((a, b) => a.base.finishedAt.getTime() - b.base.finishedAt.getTime());
  const fitting = found.filter(({ base }) => base.finishedAt < moment).at(-1);
  if (fitting) return fitting;
  const first = found[0]?.base.finishedAt.toISOString();
  throw new Refusal(
    first
      ? `no base backup was finished before ${moment.toISOString()}; moments after ${first} can be recovered`
      : `the store ${points.store.place} has no base backup: points in time are kept where BASE_BACKUP_SCHEDULE is set`,
  );
}

/** The names, in the store, of all that a recovery reads: the base backup, and the log from its first file on. */
export async function filesOf(points: PointsInTime, { system, base }: RecoveryPoint): Promise<string[]> {
  return [`${base.folder}/${baseNote}`, ...(await packedFilesOf(points, { system, base })).map(({ name }) => name)];
}

/**
 * Reads all that a recovery would read.
 *
 * @param identity private key of age, where it is encrypted
 * @throws Refusal naming what is damaged, or that the log ends before the moment
 */
export async function requireReadable(
  points: PointsInTime,
  point: RecoveryPoint,
  moment: Date,
  { identity, tell, signal }: { identity: string | undefined; tell(detail: string): void; signal: AbortSignal },
): Promise<void> {
  const files = await packedFilesOf(points, point);
  const { place } = points.store;
  const newest = new Date(Math.max(...files.map(({ changedAt }) => changedAt.getTime())));
  if (newest < moment) {
    throw new Refusal(
      `the log in ${place} was last written at ${newest.toISOString()}, and does not reach ${moment.toISOString()}; say an earlier moment`,
    );
  }
  for (const [index, { name }] of files.entries()) {
    tell(`${index + 1} of ${files.length} files`);
    try {
      await sumOf(await openPacked(points.store, name, identity), signal);
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof CannotTell || error instanceof Refusal) throw error;
      throw new Refusal(
        `${name} in ${place} cannot be read (${(error as Error).message}): it is damaged, or encrypted for others; say another moment, or bring a copy back: --backup`,
      );
    }
  }
}

interface PackedFile {
  readonly name: string;
  readonly changedAt: Date;
}

async function packedFilesOf(points: PointsInTime, { system, base }: RecoveryPoint): Promise<PackedFile[]> {
  const { archive, finishedAt, firstLogFile } = base;
  const log = (await points.log(system)).filter(
    ({ name }) => name.length !== firstLogFile.length || name >= firstLogFile,
  );
  return [{ name: archive.name, changedAt: finishedAt }, ...log.map(({ stored }) => stored)];
}
