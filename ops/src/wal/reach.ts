import type { Store } from '../backup/store';
import { isLogWhole } from './log-file';
import { type BaseBackup, PointsInTime } from './points-in-time';
import { mostLostSeconds } from './wal-receiver';

/** Which moments a store lets be restored. */
export interface Reach {
  /** Every moment after this one … */
  from: Date;
  /** … up to about this one: when the log was last put into the store. */
  receivedAt: Date;
  /** What was written for so long can be lost with the database and what receives its log, as long as the store is there. */
  mostLostSeconds: number;
}

/** Of the server that a base backup was made of last; undefined where there is none, or the log after it has a gap. */
export async function reachOf(store: Store): Promise<Reach | undefined> {
  const points = new PointsInTime(store);
  const servers = await Promise.all(
    (await points.servers()).map(async (system) => ({ system, bases: await points.bases(system) })),
  );
  const ended = ({ bases }: { bases: BaseBackup[] }) => bases.at(-1)?.finishedAt.getTime() ?? 0;
  const newest = servers.sort((a, b) => ended(a) - ended(b)).at(-1);
  if (!newest) return undefined;
  const log = await points.log(newest.system);
  const first = newest.bases.find(({ firstLogFile }) => isLogWhole(log, firstLogFile));
  const receivedAt = log
    .map(({ stored }) => stored.changedAt)
    .sort((a, b) => a.getTime() - b.getTime())
    .at(-1);
  return first && receivedAt && { from: first.finishedAt, receivedAt, mostLostSeconds };
}
