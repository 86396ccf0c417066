import { inTransaction } from '../database/pool';
import { within } from '../runtime/within';
import type { SubmitContext } from './job-context';
import { findJob, type JobRecord, revokeTree } from './job-store';
import { handOver } from './submit';

const removeTimeoutSeconds = 1;

/**
 * Revokes a job and the children that are to run before it: those that have not started at once, those that are running
 * as soon as their workers notice.
 *
 * @returns the job, and whether it was already finished, so that there is nothing to revoke; undefined when there is none
 */
export async function revokeJob(
  context: SubmitContext,
  id: string,
): Promise<{ job: JobRecord; wasFinished: boolean } | undefined> {
  const { database, queue, logger } = context;
  const { revoked, parent } = await inTransaction(database, (client) => revokeTree(client, id));
  // A job that stays in the queue does no harm: it ends when a worker takes it up.
  await within(removeTimeoutSeconds, Promise.all((revoked ?? []).map((revokedId) => queue.remove(revokedId)))).catch(
    (error) => logger.warn({ err: error, job_id: id }, 'revoked job not removed from the queue'),
  );
  if (parent) await handOver(context, [parent]);
  const job = await findJob(database, id);
  return job && { job, wasFinished: revoked === undefined };
}
