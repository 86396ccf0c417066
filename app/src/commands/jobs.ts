import { type JobOrder, JobRequestError, readJobOrder } from '../jobs/job-request';
import { countChildren, findJob, type JobRecord, type JobState, listJobs, type NewJob } from '../jobs/job-store';
import { revokeJob } from '../jobs/revoke';
import { submitJob } from '../jobs/submit';
import { SymbolError } from '../market/symbol';
import { dayInShanghai, isDay } from '../market/trading-day';
import { readEnvironment } from '../runtime/env';
import { UsageError } from '../runtime/usage-error';
import { withDatabase } from './database';
import { withQueue } from './queue';

const unknownJob = (id: string) => new UsageError(`there is no job ${id}; see \`stock jobs list\``);

/** Jobs, the newest first. */
export const findJobs = ({ limit, ...filter }: { state?: JobState; type?: string; limit: number }) =>
  withDatabase(readEnvironment('database'), async (database) =>
    (await listJobs(database, filter, limit)).map(({ position, ...job }) => job),
  );

/** @throws UsageError when there is no such job */
export const showJob = (id: string) =>
  withDatabase(readEnvironment('database'), async (database) => {
    const job = await findJob(database, id);
    if (!job) throw unknownJob(id);
    return { ...job, children: await countChildren(database, id) };
  });

/** The job an order stands for. @throws UsageError when what is ordered cannot be done */
export function plan(order: JobOrder): NewJob {
  const wrongDay = [order.start, order.end].find((day) => day !== undefined && !isDay(day));
  if (wrongDay !== undefined) throw new UsageError(`'${wrongDay}' is not a day; write it as 2024-01-31`);
  try {
    return readJobOrder(order, dayInShanghai(new Date()));
  } catch (error) {
    const isRefusal = error instanceof JobRequestError || error instanceof SymbolError;
    throw isRefusal ? new UsageError(error.message) : error;
  }
}

/** @throws UsageError when what is ordered cannot be done */
export async function submit(order: JobOrder): Promise<JobRecord> {
  const job = plan(order);
  return (await withQueue((context) => submitJob(context, job))).job;
}

/** @throws UsageError when there is no such job; Error when it is finished */
export async function revoke(id: string): Promise<JobRecord> {
  const revoked = await withQueue((context) => revokeJob(context, id));
  if (!revoked) throw unknownJob(id);
  if (revoked.wasFinished) throw new Error(`job ${id} is finished already: ${revoked.job.state}`);
  return revoked.job;
}
