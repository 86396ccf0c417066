import { inTransaction, type Queryable } from '../database/pool';
import { within } from '../runtime/within';
import type { SubmitContext } from './job-context';
import { type JobClient, requireRoom } from './job-quota';
import {
  type JobRecord,
  lockJobsOfKey,
  markQueued,
  type NewJob,
  type QueueableJob,
  raisePriority,
  recordGroup,
  recordJob,
} from './job-store';
import type { JobType } from './job-type';
import { type JobTypeName, jobTypes } from './job-types';
import type { JobQueue } from './queue';

const handOverTimeoutSeconds = 1;
const handOverBatchSize = 500;

/** Order of work: the session does not wait, users' backfills do. The session's is that of its schedule alone. */
export const priorities = { realtime: 1, mostUrgentOfClients: 2, scheduled: 5, backfill: 10 } as const;

/**
 * Puts recorded jobs into the queue. Doing it twice is harmless: the queue knows a job by its id.
 *
 * @param timeoutSeconds for each few hundred jobs
 * @throws Error when the queue does not answer in time
 */
export async function addToQueue(
  queue: JobQueue,
  jobs: readonly QueueableJob[],
  timeoutSeconds = handOverTimeoutSeconds,
): Promise<void> {
  const entries = jobs.map(({ id, type, priority, not_before }) => ({
    name: type,
    data: {},
    opts: { jobId: id, priority, delay: not_before ? Math.max(0, not_before.getTime() - Date.now()) : undefined },
  }));
  const [first] = entries;
  if (first && entries.length === 1) {
    await within(timeoutSeconds, queue.add(first.name, first.data, first.opts));
    return;
  }
  for (let start = 0; start < entries.length; start += handOverBatchSize) {
    await within(timeoutSeconds, queue.addBulk(entries.slice(start, start + handOverBatchSize)));
  }
}

/**
 * Hands jobs that are recorded as accepted to the queue. Where it cannot, they stay accepted and the relay tries again.
 *
 * @returns the state they are in now
 */
export async function handOver(
  { database, queue, logger }: SubmitContext,
  jobs: readonly QueueableJob[],
): Promise<'queued' | 'accepted'> {
  const ids = jobs.map(({ id }) => id);
  try {
    await addToQueue(queue, jobs);
    await markQueued(database, ids);
    return 'queued';
  } catch (error) {
    logger.warn({ err: error, jobs: ids.length, job_id: ids[0] }, 'job recorded, the relay will hand it to the queue');
    return 'accepted';
  }
}

/** The jobs to record for a request: those of its type that come before it are its children. */
export function planJob(type: JobTypeName, request: unknown, priority: number): NewJob {
  const jobType: JobType<unknown> = jobTypes[type];
  const children = jobType.children?.(request) ?? [];
  return { type, request, priority, children: children.map((child) => ({ ...child, priority })) };
}

/** A job as it was recorded, or the unfinished one that already asks for the same. */
export interface Recorded {
  job: JobRecord;
  isNew: boolean;
  /** What is new and can run at once: the job, or those it waits for. */
  ready: JobRecord[];
}

/** Records a job, its children with it: all of them or none. */
export async function record(database: Queryable, planned: NewJob): Promise<Recorded> {
  if (planned.children?.length) {
    const { job, ready } = await recordGroup(database, planned);
    return { job, isNew: ready.length > 0, ready };
  }
  const { job, isNew } = await recordJob(database, planned);
  return { job, isNew, ready: isNew ? [job] : [] };
}

/** Hands over what is new of a job that was recorded. @returns the job as it is then */
export async function handOverNew(context: SubmitContext, { job, ready }: Recorded): Promise<JobRecord> {
  if (ready.length === 0) return job;
  const state = await handOver(context, ready);
  return job.state === 'waiting' ? job : { ...job, state };
}

/**
 * Records a job of a client, unless that makes them too many.
 *
 * @param connection in a transaction, which is to be rolled back on an error
 * @throws JobQuotaExceeded
 */
export async function recordOfClient(connection: Queryable, planned: NewJob, client: JobClient): Promise<Recorded> {
  const { apiKeyId } = client;
  // One after the other: several that were counted at the same time would all find room.
  await lockJobsOfKey(connection, apiKeyId);
  const recorded = await record(connection, { ...planned, apiKeyId });
  if (recorded.isNew) await requireRoom(connection, client, 1 + (planned.children?.length ?? 0));
  return recorded;
}

/** What is asked for again and more urgently runs as early as if it had been that urgent from the beginning. */
async function hurry({ database, queue, logger }: SubmitContext, job: JobRecord, priority: number): Promise<JobRecord> {
  if (priority >= job.priority) return job;
  await raisePriority(database, job.id, priority);
  const changing = queue.getJob(job.id).then((queued) => queued?.changePriority({ priority }));
  await within(handOverTimeoutSeconds, changing).catch((error) =>
    logger.warn({ err: error, job_id: job.id }, 'the queue runs the job no earlier'),
  );
  return { ...job, priority };
}

/**
 * Accepts a job and its children: once this returns they are in PostgreSQL and will run, even where the queue is down
 * or loses them.
 *
 * @param client the API key that hands it in, which may have only so many unfinished ones
 * @returns the job, and whether it is new rather than an unfinished one that asks for the same
 * @throws JobQuotaExceeded when that would be more than the client may have
 */
export async function submitJob(
  context: SubmitContext,
  planned: NewJob,
  client?: JobClient,
): Promise<{ job: JobRecord; isNew: boolean }> {
  const recorded = client
    ? await inTransaction(context.database, (connection) => recordOfClient(connection, planned, client))
    : await record(context.database, planned);
  const { job, isNew } = recorded;
  return { job: isNew ? await handOverNew(context, recorded) : await hurry(context, job, planned.priority), isNew };
}
