import type { Logger } from 'pino';
import type { Database } from '../database/pool';
import { within } from '../within';
import { type JobRecord, markQueued, recordJob } from './job-store';
import type { JobQueue } from './queue';

const handOverTimeoutSeconds = 1;

/** Puts a recorded job into the queue. Doing it twice is harmless: the queue knows the job by its id. */
export async function handOver(database: Database, queue: JobQueue, job: JobRecord): Promise<void> {
  await within(handOverTimeoutSeconds, queue.add(job.type, {}, { jobId: job.id }));
  await markQueued(database, job.id);
}

/**
 * Accepts a job: once this returns the job is in PostgreSQL and will run, even where the queue is down or loses it.
 *
 * @returns the job, and whether it is new rather than an unfinished one that asks for the same
 */
export async function submitJob(
  database: Database,
  queue: JobQueue,
  logger: Logger,
  type: string,
  request: unknown,
): Promise<{ job: JobRecord; isNew: boolean }> {
  const recorded = await recordJob(database, type, request);
  if (recorded.isNew) {
    await handOver(database, queue, recorded.job).catch((error) =>
      logger.warn({ err: error, job_id: recorded.job.id }, 'job recorded, the relay will hand it to the queue'),
    );
  }
  return recorded;
}
