import type { FastifyRequest } from 'fastify';
import type { JobClient, JobQuota } from '../jobs/job-quota';

/** The key of a request, as somebody who hands jobs in. */
export const clientOf = ({ apiKey }: FastifyRequest, { jobQuota }: { jobQuota: JobQuota }): JobClient => ({
  apiKeyId: apiKey?.id as string,
  quota: jobQuota,
});
