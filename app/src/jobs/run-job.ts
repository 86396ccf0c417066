import { DelayedError, type Processor, UnrecoverableError } from 'bullmq';
import { ActiveJobs } from './active-jobs';
import type { TimeLimits } from './attempt';
import type { JobContext } from './job-context';
import { HardTimeLimitExceeded, JobRevoked, SoftTimeLimitExceeded } from './job-error';
import { type JobRecord, markCompleted, markFailed, markRevoked, postpone, startAttempt } from './job-store';
import type { JobTypes } from './job-type';
import { jobTypes } from './job-types';
import { judge } from './retry-policy';
import { runSchedule, type ScheduleName, schedules } from './schedules';
import { handOver } from './submit';

const retrySecondsWithoutRecord = 5;
const recordId = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** How an attempt ended, for the queue. */
type Outcome =
  | { state: 'completed' | 'revoked' | 'nothing to do' }
  | { state: 'failed'; error: string }
  | { state: 'postponed'; delaySeconds: number };

/** Runs attempts at recorded jobs and records what becomes of them. */
class JobRunner {
  readonly #context: JobContext;
  readonly #types: JobTypes;
  readonly #active: ActiveJobs;

  constructor(context: JobContext, limits: TimeLimits, types: JobTypes) {
    this.#context = context;
    this.#types = types;
    this.#active = new ActiveJobs(context.database, context.logger, limits);
  }

  async run(id: string): Promise<Outcome> {
    try {
      const job = await startAttempt(this.#context.database, id);
      if (!job) return { state: 'nothing to do' };
      return job.revoke_requested_at ? await this.#revoke(job) : await this.#attempt(job);
    } catch (error) {
      this.#context.logger.error({ err: error, job_id: id }, 'job cannot be recorded; it runs again');
      return { state: 'postponed', delaySeconds: retrySecondsWithoutRecord };
    }
  }

  async #attempt(job: JobRecord): Promise<Outcome> {
    const { database, logger, metrics } = this.#context;
    const stopTimer = metrics.duration.startTimer({ type: job.type });
    let result: unknown;
    try {
      result = await this.#active.run(job.id, async (signal) => this.#typeOf(job).run(this.#context, job, signal));
    } catch (cause) {
      const error = cause instanceof Error ? cause : new Error(String(cause));
      const outcome = await this.#recordFailure(job, error);
      stopTimer({ outcome: outcome.label });
      return outcome;
    }
    const parent = await markCompleted(database, job.id, result);
    stopTimer({ outcome: 'completed' });
    logger.info({ job_id: job.id, result }, 'job completed');
    if (parent) await handOver(this.#context, [parent]);
    return { state: 'completed' };
  }

  #typeOf({ type }: JobRecord) {
    const jobType = Object.hasOwn(this.#types, type) ? this.#types[type] : undefined;
    if (!jobType) throw new UnrecoverableError(`there is no job type '${type}'`);
    return jobType;
  }

  async #recordFailure(job: JobRecord, error: Error): Promise<Outcome & { label: string }> {
    const { database, logger, metrics } = this.#context;
    if (error instanceof JobRevoked) return { ...(await this.#revoke(job)), label: 'revoked' };
    if (error instanceof SoftTimeLimitExceeded) metrics.timeouts.inc({ kind: 'soft' });
    if (error instanceof HardTimeLimitExceeded) metrics.timeouts.inc({ kind: 'hard' });
    const verdict = judge(error, job);
    const { errorKind } = verdict;
    const details = { err: error, error_kind: errorKind, job_id: job.id };
    if (verdict.action === 'fail') {
      logger.error(details, 'job failed');
      const parent = await markFailed(database, job.id, error.message, errorKind);
      if (parent) await handOver(this.#context, [parent]);
      return { state: 'failed', error: error.message, label: 'failed' };
    }
    const { delaySeconds } = verdict;
    const isDeferral = verdict.action === 'defer';
    logger.warn({ ...details, delay_seconds: delaySeconds }, isDeferral ? 'job put off' : 'job attempt failed');
    await postpone(database, job.id, { delaySeconds, error: error.message, errorKind, isDeferral });
    return { state: 'postponed', delaySeconds, label: isDeferral ? 'deferred' : 'retried' };
  }

  async #revoke({ id }: JobRecord): Promise<{ state: 'revoked' }> {
    const parent = await markRevoked(this.#context.database, id);
    this.#context.logger.info({ job_id: id }, 'job revoked');
    if (parent) await handOver(this.#context, [parent]);
    return { state: 'revoked' };
  }
}

/** The function a worker runs for each job the queue hands it. */
export function createProcessor(
  context: JobContext,
  limits: TimeLimits,
  types: JobTypes = jobTypes,
): Processor<Record<string, never>> {
  const runner = new JobRunner(context, limits, types);
  return async (queued, token) => {
    if (Object.hasOwn(schedules, queued.name)) return runSchedule(queued.name as ScheduleName, context);
    // What an older version scheduled has no record either, and would be tried forever.
    if (!recordId.test(queued.id ?? '')) throw new UnrecoverableError(`there is no schedule '${queued.name}'`);
    const outcome = await runner.run(queued.id as string);
    if (outcome.state === 'postponed') {
      await queued.moveToDelayed(Date.now() + outcome.delaySeconds * 1000, token);
      throw new DelayedError();
    }
    // The queue, too, then shows it as failed.
    if (outcome.state === 'failed') throw new UnrecoverableError(outcome.error);
    return outcome.state;
  };
}
