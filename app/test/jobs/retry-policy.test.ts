import { UnrecoverableError } from 'bullmq';
import { HardTimeLimitExceeded, SoftTimeLimitExceeded } from '../../src/jobs/job-error';
import { judge } from '../../src/jobs/retry-policy';
import { SourceError, type SourceErrorKind } from '../../src/sources/source-error';

const firstAttempt = { attempts: 1, deferrals: 0 };

describe('what becomes of a job after a failed attempt', () => {
  test.each<SourceErrorKind>(['auth', 'permission', 'request', 'unavailable'])(
    'it fails at once when the source answers %s',
    (kind) => {
      expect(judge(new SourceError(kind, 'no'), firstAttempt)).toEqual({ action: 'fail', errorKind: kind });
    },
  );

  test('it fails at once when no attempt can do it', () => {
    expect(judge(new UnrecoverableError('no'), firstAttempt)).toEqual({ action: 'fail', errorKind: 'validation' });
  });

  test.each<SourceErrorKind>(['rate_limit', 'quota', 'breaker_open'])(
    'it is put off when the source says for how long: %s',
    (kind) => {
      const error = new SourceError(kind, 'later', 90);
      expect(judge(error, firstAttempt)).toEqual({ action: 'defer', errorKind: kind, delaySeconds: 90 });
      expect(judge(error, { attempts: 1, deferrals: 49 })).toMatchObject({ action: 'defer' });
      expect(judge(error, { attempts: 1, deferrals: 50 })).toEqual({ action: 'fail', errorKind: kind });
    },
  );

  test.each([
    ['network', new SourceError('network', 'reset')],
    ['data', new SourceError('data', 'no JSON')],
    ['soft_time_limit', new SoftTimeLimitExceeded(300)],
    ['hard_time_limit', new HardTimeLimitExceeded(360)],
    ['internal', new Error('a bug')],
  ])('it is tried again, each time later, five times in all: %s', (errorKind, error) => {
    for (const [attempts, longest] of [
      [1, 5],
      [2, 10],
      [3, 20],
      [4, 40],
    ] as const) {
      const verdict = judge(error, { attempts, deferrals: 0 });
      if (verdict.action !== 'retry') throw new Error(`attempt ${attempts} was not followed by another`);
      expect(verdict.errorKind).toBe(errorKind);
      expect(verdict.delaySeconds).toBeGreaterThanOrEqual(longest / 2);
      expect(verdict.delaySeconds).toBeLessThanOrEqual(longest);
    }
    expect(judge(error, { attempts: 5, deferrals: 0 })).toEqual({ action: 'fail', errorKind });
  });
});
