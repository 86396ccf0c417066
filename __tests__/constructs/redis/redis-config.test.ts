import fc from 'fast-check';
import { loginLine, redisUsers, renderCacheConfig, renderQueueConfig } from '../../../constructs/redis/redis-config';

const settings = (text: string): Record<string, string> =>
  Object.fromEntries(
    text
      .trimEnd()
      .split('\n')
      .map((line) => [line.slice(0, line.indexOf(' ')), line.slice(line.indexOf(' ') + 1)]),
  );

test('the queue keeps what it has accepted: every write in a log, nothing evicted', () => {
  expect(settings(renderQueueConfig(100))).toMatchObject({
    appendonly: 'yes',
    appendfsync: 'everysec',
    'maxmemory-policy': 'noeviction',
  });
});

test('the cache keeps nothing: no file, the least recently used key goes first', () => {
  expect(settings(renderCacheConfig(100))).toMatchObject({
    appendonly: 'no',
    save: '""',
    'maxmemory-policy': 'allkeys-lru',
  });
});

test('a queue is never given the settings of a cache, nor a cache those of a queue', () => {
  const differing = Object.entries(settings(renderQueueConfig(100))).filter(
    ([key, value]) => settings(renderCacheConfig(100))[key] !== value,
  );
  expect(differing.map(([key]) => key).sort()).toEqual(['appendfsync', 'appendonly', 'maxmemory-policy']);
});

test('users come from a list of their own, and neither configuration names one or holds a password', () => {
  for (const text of [renderCacheConfig(100), renderQueueConfig(100)]) {
    expect(settings(text).aclfile).toBe('/tmp/users.acl');
    expect(text).not.toMatch(/^user |requirepass|masterauth|password/m);
  }
});

test('the second login of a user may do what the first may', () => {
  const [line] = [...redisUsers('cache').values()];
  expect(loginLine('api', 'first', String(line))).toBe(line);
  expect(loginLine('api', 'second', String(line))).toBe(line?.replace('user api on', 'user api-2 on'));
});

test('every user has a password, keys and commands that are named one by one, or no keys at all', () => {
  for (const server of ['cache', 'queue'] as const) {
    for (const line of redisUsers(server).values()) {
      expect(line).toMatch(/^user \w+ on >\{password\}( ~(bull:stock-analysis|answer|version):\*)*( \+[a-z|]+)+$/);
    }
  }
});

test('whatever the memory, a good part of it is left for what is not data', () => {
  fc.assert(
    fc.property(fc.integer({ min: 32, max: 262_144 }), (memoryMiB) => {
      for (const text of [renderCacheConfig(memoryMiB), renderQueueConfig(memoryMiB)]) {
        const [, data] = /^(\d+)mb$/.exec(settings(text).maxmemory ?? '') ?? [];
        expect(Number(data)).toBeGreaterThan(0);
        expect(Number(data)).toBeLessThanOrEqual(memoryMiB * 0.75);
      }
    }),
  );
});
