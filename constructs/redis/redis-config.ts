import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Turn } from '../workload/rotated-secret';

/** Where both servers keep what they write. */
export const dataDirectory = '/data';

/** Whose rights the application itself defines (app/redis), and which any Redis has to have. */
export type RedisUser = 'api' | 'worker' | 'scheduler' | 'probe' | 'monitor';

/** The users of a server, each with its line of the access list, in which `{password}` stands for the password. */
export function redisUsers(server: 'cache' | 'queue'): ReadonlyMap<RedisUser, string> {
  const lines = readFileSync(join(__dirname, `../../app/redis/${server}.acl`), 'utf8').split('\n');
  return new Map(
    lines.flatMap((line): Array<[RedisUser, string]> => {
      const name = /^user (\w+) /.exec(line)?.[1];
      return name ? [[name as RedisUser, line]] : [];
    }),
  );
}

/** Whom a client connects as: the user or, in the second turn, another with the same rights, whose password is another. */
export const loginName = (user: RedisUser, turn: Turn): string => (turn === 'first' ? user : `${user}-2`);

/** A user's line of the access list, for one of its two logins. */
export const loginLine = (user: RedisUser, turn: Turn, line: string): string =>
  line.replace(`user ${user} `, `user ${loginName(user, turn)} `);

/** A queue loses nothing it has accepted: every write in a log that is flushed each second, and no key ever evicted. */
export const renderQueueConfig = (memoryMiB: number): string =>
  render(memoryMiB, { appendonly: 'yes', appendfsync: 'everysec', 'maxmemory-policy': 'noeviction' });

/** A cache may lose everything: nothing on disk, the least recently used key goes first. */
export const renderCacheConfig = (memoryMiB: number): string =>
  render(memoryMiB, { appendonly: 'no', 'maxmemory-policy': 'allkeys-lru' });

function render(memoryMiB: number, own: Readonly<Record<string, string>>): string {
  const settings = {
    port: 6379,
    dir: dataDirectory,
    // The rest is for copy-on-write, client buffers and fragmentation.
    maxmemory: `${Math.floor(memoryMiB * 0.6)}mb`,
    save: '""',
    'tcp-keepalive': 60,
    // Made by start.sh of the users' files.
    aclfile: '/tmp/users.acl',
    ...own,
  };
  return Object.entries(settings)
    .map(([key, value]) => `${key} ${value}\n`)
    .join('');
}
