import type { RedisOptions } from 'ioredis';
import { currentPassword, type Password } from './env';

const longestPauseMilliseconds = 2_000;

/** Options of ioredis by which it connects again whenever it is cut off, each time with the password as it then is. */
export const passwordAtEachConnection = (
  password: Password | undefined,
): Pick<RedisOptions, 'password'> & { retryStrategy(attempt: number): number } => ({
  password: currentPassword(password),
  // ioredis calls this on its own options before it connects again, and takes the password from them.
  retryStrategy(this: RedisOptions, attempt: number) {
    this.password = currentPassword(password);
    return Math.min(attempt * 100, longestPauseMilliseconds);
  },
});
