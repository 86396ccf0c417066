import { filesDirectory } from '../workload/workload';

/** Where both servers keep what they write. */
export const dataDirectory = '/data';

/** A queue loses nothing it has accepted: every write in a log that is flushed each second, and no key ever evicted. */
export const renderQueueConfig = (memoryMiB: number): string =>
  render({ ...shared(memoryMiB), appendonly: 'yes', appendfsync: 'everysec', 'maxmemory-policy': 'noeviction' });

/** A cache may lose everything: nothing on disk, the least recently used key goes first. */
export const renderCacheConfig = (memoryMiB: number): string =>
  render({ ...shared(memoryMiB), appendonly: 'no', 'maxmemory-policy': 'allkeys-lru' });

const shared = (memoryMiB: number) => ({
  port: 6379,
  dir: dataDirectory,
  aclfile: `${filesDirectory}/users.acl`,
  // The rest is for copy-on-write, client buffers and fragmentation.
  maxmemory: `${Math.floor(memoryMiB * 0.6)}mb`,
  save: '""',
  'tcp-keepalive': 60,
});

const render = (settings: Readonly<Record<string, string | number>>) =>
  Object.entries(settings)
    .map(([key, value]) => `${key} ${value}\n`)
    .join('');
