import type { FastifyRequest } from 'fastify';
import { type JobClient, type JobQuota, JobQuotaExceeded } from '../jobs/job-quota';
import { Problem } from './problem';

/** The key of a request, as somebody who hands jobs in. */
export const clientOf = ({ apiKey }: FastifyRequest, { jobQuota }: { jobQuota: JobQuota }): JobClient => ({
  apiKeyId: apiKey?.id as string,
  quota: jobQuota,
});

/** What accepting a job gives. @throws Problem `too_many_jobs` when there are as many unfinished ones as may be */
export async function accepted<T>(accepting: Promise<T>): Promise<T> {
  try {
    return await accepting;
  } catch (error) {
    if (!(error instanceof JobQuotaExceeded)) throw error;
    throw new Problem(error.whose === 'key' ? 429 : 503, 'too_many_jobs', error.message);
  }
}
