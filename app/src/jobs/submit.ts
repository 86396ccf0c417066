import type { Queryable } from '../database/pool';
import { within } from '../within';
import type { SubmitContext } from './job-context';
import { type JobRecord, markHandedOver, type NewJob, type QueueableJob, recordGroup, recordJob } from './job-store';
import { type JobType, type JobTypeName, jobTypes } from './job-types';
import type { JobQueue } from './queue';

const handOverTimeoutSeconds = 1;
const handOverBatchSize = 500;

/** Order of work: the session does not wait, users' backfills do. */
export const priorities = { realtime: 1, scheduled: 5, backfill: 10 } as const;

/** Puts recorded jobs into the queue. Doing it twice is harmless: the queue knows a job by its id. */
export async function addToQueue(queue: JobQueue, jobs: readonly QueueableJob[]): Promise<void> {
  const entries = jobs.map(({ id, type, priority, not_before }) => ({
    name: type,
    data: {},
    opts: { jobId: id, priority, delay: not_before ? Math.max(0, not_before.getTime() - Date.now()) : undefined },
  }));
  const [first] = entries;
  if (first && entries.length === 1) {
    await within(handOverTimeoutSeconds, queue.add(first.name, first.data, first.opts));
    return;
  }
  for (let start = 0; start < entries.length; start += handOverBatchSize) {
    await within(handOverTimeoutSeconds, queue.addBulk(entries.slice(start, start + handOverBatchSize)));
  }
}

/**
 * Hands jobs that are recorded as queued to the queue. Where it cannot, that is noted and the relay tries again.
 *
 * @returns the state they are in now
 */
export async function handOver(
  { database, queue, logger }: SubmitContext,
  jobs: readonly QueueableJob[],
): Promise<'queued' | 'accepted'> {
  try {
    await addToQueue(queue, jobs);
    return 'queued';
  } catch (error) {
    const ids = jobs.map(({ id }) => id);
    logger.warn({ err: error, jobs: ids.length, job_id: ids[0] }, 'job recorded, the relay will hand it to the queue');
    await markHandedOver(database, ids, 'accepted').catch((noteError) =>
      logger.warn({ err: noteError }, 'job state not recorded'),
    );
    return 'accepted';
  }
}

/** The jobs to record for a request: those of its type that come before it are its children. */
export function planJob(type: JobTypeName, request: unknown, priority: number): NewJob {
  const jobType: JobType<unknown> = jobTypes[type];
  const children = jobType.children?.(request) ?? [];
  return { type, request, priority, children: children.map((child) => ({ ...child, priority })) };
}

/** Records a job, its children with it: all of them or none. @returns what is new and can run at once as `ready` */
export async function record(
  database: Queryable,
  planned: NewJob,
): Promise<{ job: JobRecord; isNew: boolean; ready: JobRecord[] }> {
  if (planned.children?.length) {
    const { job, ready } = await recordGroup(database, planned);
    return { job, isNew: ready.length > 0, ready };
  }
  const { job, isNew } = await recordJob(database, planned);
  return { job, isNew, ready: isNew ? [job] : [] };
}

/**
 * Accepts a job and its children: once this returns they are in PostgreSQL and will run, even where the queue is down
 * or loses them.
 *
 * @returns the job, and whether it is new rather than an unfinished one that asks for the same
 */
export async function submitJob(context: SubmitContext, planned: NewJob): Promise<{ job: JobRecord; isNew: boolean }> {
  const { job, isNew, ready } = await record(context.database, planned);
  if (!isNew) return { job, isNew };
  const state = await handOver(context, ready);
  return { job: job.state === 'waiting' ? job : { ...job, state }, isNew };
}
