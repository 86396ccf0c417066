import type { RedisName } from '../system';
import type { Fault } from './fault';

const unnoticed: Readonly<Record<RedisName, string>> = {
  cache: 'no request fails: PostgreSQL answers',
  queue: 'no request fails: jobs are kept in PostgreSQL, and handed over later',
};

const ofRedis = (name: RedisName): Fault[] => [
  {
    name: `${name} Redis killed`,
    expected: unnoticed[name],
    alerts: ['RedisDown'],
    inject: async (system) => {
      system.signal(`redis-${name}`, 'SIGKILL');
      return () => system.startRedis(name);
    },
  },
  {
    name: `${name} Redis frozen`,
    expected: unnoticed[name],
    alerts: ['RedisDown'],
    inject: async (system) => {
      system.signal(`redis-${name}`, 'SIGSTOP');
      return async () => system.signal(`redis-${name}`, 'SIGCONT');
    },
  },
  {
    name: `${name} Redis emptied`,
    expected: unnoticed[name],
    isShort: name === 'queue',
    seconds: 1,
    inject: async (system) => {
      await system.redis(name, 'FLUSHALL');
      return async () => undefined;
    },
  },
  {
    name: `${name} Redis killed, its volume gone`,
    expected: unnoticed[name],
    alerts: ['RedisDown'],
    inject: async (system) => {
      system.signal(`redis-${name}`, 'SIGKILL');
      system.removeRedisData(name);
      return () => system.startRedis(name);
    },
  },
  {
    name: `${name} Redis full`,
    expected: unnoticed[name],
    alerts: name === 'queue' ? ['RedisMemoryHigh'] : [],
    inject: async (system) => {
      await system.redis(name, 'CONFIG', 'SET', 'maxmemory-policy', 'noeviction');
      await system.redis(name, 'CONFIG', 'SET', 'maxmemory', '1');
      return () => system.redis(name, 'CONFIG', 'SET', 'maxmemory', '0');
    },
  },
  {
    name: `${name} Redis read-only`,
    expected: unnoticed[name],
    inject: async (system) => {
      // A replica of nobody is what a primary becomes that another one has taken over from.
      await system.redis(name, 'REPLICAOF', '127.0.0.1', '1');
      return () => system.redis(name, 'REPLICAOF', 'NO', 'ONE');
    },
  },
  {
    name: `${name} Redis password rotated`,
    expected: `${unnoticed[name]}; back without a restart once the file has the new one`,
    seconds: 5,
    inject: async (system) => {
      const next = `next-${name}-${Date.now()}`;
      await system.rotateRedis(name, next);
      return async () => system.writePassword(name, next);
    },
  },
];

export const redisFaults: readonly Fault[] = [...ofRedis('cache'), ...ofRedis('queue')];
