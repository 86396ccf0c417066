import { setTimeout as sleep } from 'node:timers/promises';

/**
 * The result of the work, or an error once the time is up. The work itself goes on.
 *
 * @throws Error `no answer within N s`
 */
export async function within<T>(timeoutSeconds: number, work: Promise<T>): Promise<T> {
  const timer = new AbortController();
  const timeout = sleep(timeoutSeconds * 1000, undefined, { signal: timer.signal }).then(() => {
    throw new Error(`no answer within ${timeoutSeconds} s`);
  });
  try {
    return await Promise.race([work, timeout]);
  } finally {
    timer.abort();
  }
}
