import { isIP } from 'node:net';
import type { RedisOptions } from 'ioredis';
import { currentPassword } from './env';
import { type Certificates, verifiedTls } from './tls';
import type { Password } from './variable';

const longestPauseMilliseconds = 2_000;

/** Where a Redis is. */
export interface RedisAddress {
  /** Without a password. */
  url: string;
  password: Password | undefined;
  ca?: Certificates;
}

/** A server that stands for several hosts is told which one is meant. */
const tlsWith = (host: string, ca: Certificates | undefined) =>
  Object.assign(verifiedTls(ca), isIP(host) ? {} : { servername: host });

/**
 * Options of ioredis by which it connects to the Redis that a URL without a password names, and again whenever it is cut
 * off, each time with the password as it then is. Given the URL itself, ioredis would take its empty password.
 */
export function redisConnection({ url, password, ca }: RedisAddress) {
  const { protocol, hostname, port, username, pathname } = new URL(url);
  return {
    host: hostname,
    port: Number(port || 6379),
    username: username || undefined,
    db: Number(pathname.slice(1) || 0),
    tls: protocol === 'rediss:' ? tlsWith(hostname, ca) : undefined,
    password: currentPassword(password),
    // ioredis calls this on its own options before it connects again, and takes the password from them.
    retryStrategy(this: RedisOptions, attempt: number) {
      this.password = currentPassword(password);
      return Math.min(attempt * 100, longestPauseMilliseconds);
    },
  };
}
