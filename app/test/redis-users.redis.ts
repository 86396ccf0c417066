import { Redis } from 'ioredis';
import { redisConnection } from '../src/runtime/redis-connection';
import { redisUrl } from './support/start-redis';

/** What nobody who serves or works needs, and what would harm all others. */
const forbidden = [
  'FLUSHALL',
  'FLUSHDB',
  'SHUTDOWN NOSAVE',
  'CONFIG GET maxmemory',
  'CONFIG SET dir /tmp',
  'DEBUG SLEEP 0',
  'KEYS *',
  'ACL LIST',
  'ACL SETUSER default on nopass',
  'SCRIPT FLUSH',
  'FUNCTION LIST',
  'MODULE LIST',
  'REPLICAOF NO ONE',
  'BGREWRITEAOF',
  'SAVE',
  'MONITOR',
  'CLIENT KILL TYPE normal',
  'SWAPDB 0 1',
  'MIGRATE 127.0.0.1 1 key 0 1',
  'SORT key',
  'PUBLISH channel text',
  'SUBSCRIBE channel',
];

/** Keys that are the business of the others. */
const ofOthers: Record<string, string[]> = {
  'queue-api': [
    'GET answer:x',
    'SET version:market 1',
    'DEL bull:another:wait',
    'BZPOPMIN bull:stock-analysis:marker 1',
  ],
  'queue-scheduler': ['GET answer:x', 'DEL bull:another:wait', 'CLIENT LIST', 'BZPOPMIN bull:stock-analysis:marker 1'],
  'queue-worker': ['GET answer:x', 'SET version:market 1', 'DEL bull:another:wait', 'CLIENT LIST'],
  'queue-probe': ['GET bull:stock-analysis:meta', 'INFO', 'EVAL "return 1" 0'],
  'queue-monitor': [
    'GET bull:stock-analysis:meta',
    'SLOWLOG GET',
    'CLIENT LIST',
    'COMMAND GETKEYS GET x',
    'EVAL "return 1" 0',
  ],
  'cache-api': ['GET version:market', 'SET other 1', 'DEL answer:x', 'EVAL "return 1" 0'],
  'cache-worker': ['SET answer:x 1', 'GET version:market', 'SCAN 0', 'UNLINK answer:x'],
  'cache-monitor': ['GET version:market', 'SLOWLOG GET', 'CLIENT LIST', 'SCAN 0'],
  'cache-probe': ['GET version:market', 'INFO', 'SCAN 0'],
};

describe('the users of Redis', () => {
  const clients = new Map<string, Redis>();
  beforeAll(() => {
    for (const user of Object.keys(ofOthers)) {
      const password = process.env.TEST_REDIS_PASSWORD;
      clients.set(
        user,
        new Redis({ ...redisConnection({ url: redisUrl(user, 0), password }), enableReadyCheck: false }),
      );
    }
  });
  afterAll(() => {
    for (const client of clients.values()) client.disconnect();
  });

  const run = (user: string, command: string) => {
    const [name = '', ...args] = command.split(/ (?=(?:[^"]*"[^"]*")*[^"]*$)/).map((word) => word.replaceAll('"', ''));
    return clients.get(user)?.call(name, ...args);
  };

  test.each(['queue-monitor', 'cache-monitor'])('%s may ask how the server is', async (user) => {
    expect(await run(user, 'INFO ALL')).toContain('used_memory:');
    expect(await run(user, 'SLOWLOG LEN')).toEqual(expect.any(Number));
  });

  test.each(Object.keys(ofOthers).filter((user) => !user.endsWith('-monitor')))(
    '%s may ask whether the server answers',
    async (user) => {
      expect(await run(user, 'PING')).toBe('PONG');
    },
  );

  test.each(
    Object.entries(ofOthers).flatMap(([user, own]) =>
      [...forbidden, ...own].map((command): [string, string] => [user, command]),
    ),
  )('%s may not: %s', async (user, command) => {
    await expect(run(user, command)).rejects.toThrow(/NOPERM|DEBUG command not allowed/);
  });

  test('a script does no more than its user may', async () => {
    const script = 'return redis.call("FLUSHALL")';
    await expect(clients.get('queue-api')?.eval(script, 0)).rejects.toThrow(
      /user executing the script can't run this command/,
    );
  });
});
