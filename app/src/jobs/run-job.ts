import { type Processor, UnrecoverableError } from 'bullmq';
import type { Logger } from 'pino';
import type { AnswerCache } from '../answer-cache';
import type { Database } from '../database/pool';
import { type IngestRequest, ingest } from '../ingest/ingest';
import type { JobMetrics } from '../metrics';
import { type JobRecord, markCompleted, markFailed, markForRetry, startAttempt } from './job-store';
import type { JobQueue } from './queue';
import { runSchedule, type ScheduleName, schedules } from './schedules';

/** What jobs work with. */
export interface JobContext {
  database: Database;
  queue: JobQueue;
  cache: AnswerCache | undefined;
  metrics: JobMetrics;
  logger: Logger;
  softTimeLimitSeconds: number;
}

/** The job ran longer than CELERY_TASK_SOFT_TIME_LIMIT and was stopped; it is tried again. */
export class SoftTimeLimitExceeded extends Error {}

async function runAttempt(context: JobContext, job: JobRecord, signal: AbortSignal): Promise<unknown> {
  const { database, cache, metrics } = context;
  if (job.type !== 'ingest') throw new UnrecoverableError(`there is no job type '${job.type}'`);
  const request = job.request as IngestRequest;
  const { changedSymbols, rejected, ...counts } = await ingest(database, request, signal);
  await cache?.invalidate(changedSymbols);
  const labels = { dataset: 'daily', source: request.source };
  for (const result of ['inserted', 'updated', 'unchanged'] as const) {
    metrics.rows.inc({ ...labels, result }, counts[result]);
  }
  metrics.rows.inc({ ...labels, result: 'rejected' }, rejected.length);
  return { ...counts, rejected };
}

/** The function a worker runs for each job the queue hands it. */
export function createProcessor(context: JobContext): Processor<Record<string, never>> {
  const { database, logger, metrics, softTimeLimitSeconds } = context;
  return async (queued, _token, cancelled) => {
    if (queued.name in schedules) return runSchedule(queued.name as ScheduleName, context);
    const id = queued.id as string;
    const job = await startAttempt(database, id);
    if (!job) return 'already finished';

    const softLimit = AbortSignal.timeout(softTimeLimitSeconds * 1000);
    const signal = cancelled ? AbortSignal.any([cancelled, softLimit]) : softLimit;
    const stopTimer = metrics.duration.startTimer({ type: job.type });
    try {
      const result = await runAttempt(context, job, signal);
      await markCompleted(database, id, result);
      stopTimer({ outcome: 'completed' });
      logger.info({ job_id: id, result }, 'job completed');
      return 'completed';
    } catch (cause) {
      if (softLimit.aborted) metrics.timeouts.inc({ type: job.type });
      const error = softLimit.aborted
        ? new SoftTimeLimitExceeded(`stopped after ${softTimeLimitSeconds} s (CELERY_TASK_SOFT_TIME_LIMIT)`)
        : (cause as Error);
      const isLast = error instanceof UnrecoverableError || queued.attemptsMade + 1 >= (queued.opts.attempts ?? 1);
      stopTimer({ outcome: isLast ? 'failed' : 'retried' });
      logger.error({ err: error, job_id: id }, isLast ? 'job failed' : 'job attempt failed');
      // The queue still gives the job up or tries it again where this note cannot be made; the relay then closes it.
      await (isLast ? markFailed : markForRetry)(database, id, error.message).catch((noteError) =>
        logger.error({ err: noteError, job_id: id }, 'job state not recorded'),
      );
      throw error;
    }
  };
}
