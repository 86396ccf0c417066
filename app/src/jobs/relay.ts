import type { Logger } from 'pino';
import type { Database } from '../database/pool';
import { findIdleJobs, markFailed } from './job-store';
import type { JobQueue } from './queue';
import { handOver } from './submit';

const batchSize = 500;

/**
 * Hands over again what the queue does not have: jobs recorded while it was down, and jobs it lost. Closes those the
 * queue has given up. Any number of relays may run at a time.
 *
 * @param idleSeconds how long a job must be untouched before it is looked at
 * @returns number of jobs handed over
 */
export async function relayJobs(
  database: Database,
  queue: JobQueue,
  logger: Logger,
  idleSeconds: number,
): Promise<number> {
  let handedOver = 0;
  for (const job of await findIdleJobs(database, idleSeconds, batchSize)) {
    const queued = await queue.getJob(job.id);
    const state = await queued?.getState();
    if (state === 'failed') {
      await markFailed(database, job.id, queued?.failedReason ?? 'given up by the queue');
      continue;
    }
    // The record is the truth: what it calls unfinished runs again even where the queue remembers it as done.
    if (state === 'completed') await queued?.remove();
    else if (queued) continue;
    await handOver(database, queue, job);
    handedOver++;
    logger.info({ job_id: job.id }, 'job handed over to the queue');
  }
  return handedOver;
}
