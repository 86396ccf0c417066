import type { JobContext } from './job-context';
import type { JobRecord } from './job-store';

/** A kind of work. */
export interface JobType<Request> {
  /** Jobs that are to run before it, each at the same priority; none when left out. */
  children?(request: Request): { type: string; request: unknown }[];
  /**
   * Does the work and returns its result. It may be run again after it was interrupted or has failed, even
   * while the last run is still going on.
   *
   * @param signal the job is to stop: its time is up or it is revoked
   * @throws UnrecoverableError when no later attempt can succeed
   */
  run(context: JobContext, job: JobRecord & { request: Request }, signal: AbortSignal): Promise<unknown>;
}

// biome-ignore lint/suspicious/noExplicitAny: what a request holds is known to its type alone
export type JobTypes = Readonly<Record<string, JobType<any>>>;
