import { defaultRepeatStrategy, ErrorCode } from 'bullmq';
import { clockToleranceSeconds } from '../database/clock';
import type { JobQueue } from './queue';
import { type ScheduleName, schedules } from './schedules';

const timeZone = 'Asia/Shanghai';

/** missing: the queue does not have it; other: it is that of another version; late: its next run is after its time; lost: nothing will run it. */
export type ScheduleFault = 'missing' | 'other' | 'late' | 'lost';

/** The schedules of this version. */
export const scheduleNames = Object.keys(schedules) as ScheduleName[];

/** Last moment at which a schedule's next run may be. */
function latestNextRun(name: ScheduleName, now: number): number {
  const { pattern } = schedules[name];
  const after = now + clockToleranceSeconds * 1000;
  return defaultRepeatStrategy(after, { pattern, tz: timeZone }) ?? Number.POSITIVE_INFINITY;
}

async function findFault(queue: JobQueue, name: ScheduleName, now: number): Promise<ScheduleFault | undefined> {
  const installed = await queue.getJobScheduler(name);
  if (!installed?.next) return 'missing';
  const { pattern, tz, next } = installed;
  if (pattern !== schedules[name].pattern || tz !== timeZone) return 'other';
  if (next > latestNextRun(name, now)) return 'late';
  if ((await queue.getJobState(`repeat:${name}:${next}`)) !== 'unknown') return undefined;
  // The run may just have ended, and the next one been set.
  return (await queue.getJobScheduler(name))?.next === next ? 'lost' : undefined;
}

/**
 * Asks the queue which schedules of this version it does not have as they should be.
 *
 * @param now milliseconds since 1970
 * @throws Error when the queue fails
 */
export async function findScheduleFaults(queue: JobQueue, now = Date.now()): Promise<Map<ScheduleName, ScheduleFault>> {
  const found = await Promise.all(
    scheduleNames.map(async (name) => [name, await findFault(queue, name, now)] as const),
  );
  return new Map(found.flatMap(([name, fault]) => (fault ? [[name, fault]] : [])));
}

/** What is wrong with schedules, in words. */
export const describeFaults = (faults: Map<ScheduleName, ScheduleFault>): string =>
  [...faults].map(([name, fault]) => `${name} (${fault})`).join(', ');

const isRunThere = (error: { code?: unknown }) =>
  error.code === ErrorCode.SchedulerJobIdCollision || error.code === ErrorCode.SchedulerJobSlotsBusy;

/** Puts schedules of this version into the queue, in place of what it has of them. */
export async function setSchedules(queue: JobQueue, names: Iterable<ScheduleName>): Promise<void> {
  for (const name of names) {
    const { pattern } = schedules[name];
    await queue.upsertJobScheduler(name, { pattern, tz: timeZone }, { name, data: {} }).catch((error) => {
      // Another keeper was faster by a moment. Whether the schedule is as it should be, the next look tells.
      if (!isRunThere(error)) throw error;
    });
  }
}

/** Removes from the queue the schedules that this version does not have. */
export async function removeOldSchedules(queue: JobQueue): Promise<void> {
  for (const { key } of await queue.getJobSchedulers()) {
    if (!(scheduleNames as string[]).includes(key)) await queue.removeJobScheduler(key);
  }
}
