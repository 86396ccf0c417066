import { UnrecoverableError } from 'bullmq';
import { SourceError } from '../sources/source-error';
import { HardTimeLimitExceeded, SoftTimeLimitExceeded } from './job-error';

/** Attempts at one job, not counting those that a source put off. */
export const maxAttempts = 5;
const maxDeferrals = 50;
const firstBackoffSeconds = 5;

/** What follows from a failed attempt. */
export type Verdict =
  | { action: 'fail'; errorKind: string }
  | { action: 'retry' | 'defer'; errorKind: string; delaySeconds: number };

/** What class of error it is, as recorded with the job. */
function kindOf(error: Error): string {
  if (error instanceof SourceError) return error.kind;
  if (error instanceof SoftTimeLimitExceeded) return 'soft_time_limit';
  if (error instanceof HardTimeLimitExceeded) return 'hard_time_limit';
  return error instanceof UnrecoverableError ? 'validation' : 'internal';
}

/** 5 s, 10 s, 20 s and so on, each shortened by up to half, so that jobs that failed together do not return together. */
const backoffSeconds = (attempts: number): number =>
  firstBackoffSeconds * 2 ** (attempts - 1) * (0.5 + Math.random() / 2);

/** Decides what becomes of a job after an attempt failed. */
export function judge(error: Error, { attempts, deferrals }: { attempts: number; deferrals: number }): Verdict {
  const errorKind = kindOf(error);
  const isHopeless = error instanceof UnrecoverableError || (error instanceof SourceError && !error.isTransient);
  if (isHopeless) return { action: 'fail', errorKind };
  if (error instanceof SourceError && error.retryAfterSeconds !== undefined) {
    return deferrals < maxDeferrals
      ? { action: 'defer', errorKind, delaySeconds: error.retryAfterSeconds }
      : { action: 'fail', errorKind };
  }
  return attempts < maxAttempts
    ? { action: 'retry', errorKind, delaySeconds: backoffSeconds(attempts) }
    : { action: 'fail', errorKind };
}
