import type { RedisOptions } from 'ioredis';
import { currentPassword, type Password } from './env';

const longestPauseMilliseconds = 2_000;

/**
 * Options of ioredis by which it connects to the Redis that a URL without a password names, and again whenever it is cut
 * off, each time with the password as it then is. Given the URL itself, ioredis would take its empty password.
 */
export function redisConnection(url: string, password: Password | undefined) {
  const { protocol, hostname, port, username, pathname } = new URL(url);
  return {
    host: hostname,
    port: Number(port || 6379),
    username: username || undefined,
    db: Number(pathname.slice(1) || 0),
    tls: protocol === 'rediss:' ? {} : undefined,
    password: currentPassword(password),
    // ioredis calls this on its own options before it connects again, and takes the password from them.
    retryStrategy(this: RedisOptions, attempt: number) {
      this.password = currentPassword(password);
      return Math.min(attempt * 100, longestPauseMilliseconds);
    },
  };
}
