import { setTimeout as sleep } from 'node:timers/promises';

/**
 * The result of the work, or an error once the time is up. The work itself goes on.
 *
 * @param late makes the error; `no answer within N s` when left out
 */
export async function within<T>(
  timeoutSeconds: number,
  work: Promise<T>,
  late = () => new Error(`no answer within ${timeoutSeconds} s`),
): Promise<T> {
  const timer = new AbortController();
  const timeout = sleep(timeoutSeconds * 1000, undefined, { signal: timer.signal }).then(() => {
    throw late();
  });
  try {
    return await Promise.race([work, timeout]);
  } finally {
    timer.abort();
  }
}
