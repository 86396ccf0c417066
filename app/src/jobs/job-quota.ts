import type { Queryable } from '../database/pool';
import { countUnfinishedUpTo } from './job-store';

/** The most unfinished jobs there may be, counting the parts of backfills. */
export interface JobQuota {
  /** Of one API key. */
  perKey: number;
  /** Of all keys together; above it none may hand in more. */
  total: number;
}

/** Who hands a job in. */
export interface JobClient {
  apiKeyId: string;
  quota: JobQuota;
}

/** A job would be one too many; the message says what to do. */
export class JobQuotaExceeded extends Error {
  /** @param whose the jobs of the key that hands it in, or of everybody */
  constructor(
    readonly whose: 'key' | 'all',
    message: string,
  ) {
    super(message);
  }
}

/**
 * Makes sure that there is room for jobs that were just recorded.
 *
 * @param added how many they are
 * @throws JobQuotaExceeded
 */
export async function requireRoom(database: Queryable, { apiKeyId, quota }: JobClient, added: number): Promise<void> {
  const { ofKey, ofAll } = await countUnfinishedUpTo(database, apiKeyId, quota);
  const what = added === 1 ? 'this job' : `these ${added} jobs`;
  if (ofKey > quota.perKey) {
    throw new JobQuotaExceeded(
      'key',
      `with ${what} this key would have more unfinished ones than the ${quota.perKey} it may have (API_UNFINISHED_JOBS_PER_KEY); wait until some have finished, revoke some, or ask for less`,
    );
  }
  if (ofAll > quota.total) {
    throw new JobQuotaExceeded(
      'all',
      `with ${what} there would be more unfinished ones than the ${quota.total} there may be (API_UNFINISHED_JOBS); wait until some have finished`,
    );
  }
}
