import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { appRole } from '../../app/src/database/roles';
import type { RedisName, RoleName, System } from './system';

/** One way to hurt the system. */
export interface Fault {
  name: string;
  /** Whether it is among the few that run with every commit. */
  isShort?: boolean;
  /** Whether only root can inject it, because it fills a disk of its own. */
  needsRoot?: boolean;
  /** Seconds for which the fault lasts; a few by default. */
  seconds?: number;
  /** Returns how to end it. What it throws ends the suite. */
  inject(system: System): Promise<() => Promise<unknown>>;
}

const hours = 3600;

/** The process that keeps a container alive starts it again. */
const killedRole = (role: RoleName): Fault => ({
  name: `${role} killed`,
  inject: async (system) => {
    system.signal(role, 'SIGKILL');
    return () => system.startRole(role);
  },
});

const frozenRole = (role: RoleName): Fault => ({
  name: `${role} frozen`,
  inject: async (system) => {
    system.signal(role, 'SIGSTOP');
    return async () => system.signal(role, 'SIGCONT');
  },
});

const ofRedis = (name: RedisName): Fault[] => [
  {
    name: `${name} Redis killed`,
    inject: async (system) => {
      system.signal(`redis-${name}`, 'SIGKILL');
      return () => system.startRedis(name);
    },
  },
  {
    name: `${name} Redis frozen`,
    inject: async (system) => {
      system.signal(`redis-${name}`, 'SIGSTOP');
      return async () => system.signal(`redis-${name}`, 'SIGCONT');
    },
  },
  {
    name: `${name} Redis emptied`,
    isShort: name === 'queue',
    seconds: 1,
    inject: async (system) => {
      await system.redis(name, 'FLUSHALL');
      return async () => undefined;
    },
  },
  {
    name: `${name} Redis full`,
    inject: async (system) => {
      await system.redis(name, 'CONFIG', 'SET', 'maxmemory-policy', 'noeviction');
      await system.redis(name, 'CONFIG', 'SET', 'maxmemory', '1');
      return () => system.redis(name, 'CONFIG', 'SET', 'maxmemory', '0');
    },
  },
  {
    name: `${name} Redis read-only`,
    inject: async (system) => {
      // A replica of nobody is what a primary becomes that another one has taken over from.
      await system.redis(name, 'REPLICAOF', '127.0.0.1', '1');
      return () => system.redis(name, 'REPLICAOF', 'NO', 'ONE');
    },
  },
  {
    name: `${name} Redis password rotated`,
    seconds: 5,
    inject: async (system) => {
      const next = `next-${name}-${Date.now()}`;
      await system.rotateRedis(name, next);
      return async () => system.writePassword(name, next);
    },
  },
];

const setReadOnly = (system: System, value: 'on' | 'off') =>
  system.withDatabase(async (client) => {
    await client.query(`ALTER SYSTEM SET default_transaction_read_only = ${value}`);
    await client.query('SELECT pg_reload_conf()');
  });

/** Takes every connection there is, and each that becomes free, until told to end. */
async function takeConnections(system: System): Promise<() => Promise<void>> {
  const held: pg.Client[] = [];
  let isOver = false;
  const takeAll = async () => {
    for (let client = await tryToConnect(system); client; client = await tryToConnect(system)) held.push(client);
  };
  await takeAll();
  const taking = (async () => {
    for (let cuts = 3; !isOver; await sleep(50)) {
      if (cuts-- > 0) await system.cutConnections().catch(() => undefined);
      await takeAll();
    }
  })();
  return async () => {
    isOver = true;
    for (const client of held) await client.end().catch(() => undefined);
    await taking;
    for (const client of held) await client.end().catch(() => undefined);
  };
}

const tryToConnect = (system: System) => system.connect(appRole).catch(() => undefined);

const wrongClock = (aheadSeconds: number): Fault => ({
  name: `clock of worker and scheduler ${aheadSeconds > 0 ? '2 h ahead' : '2 h behind'}, schedules set by it`,
  seconds: 20,
  inject: async (system) => {
    for (const role of ['worker', 'scheduler'] as const) await system.stop(role);
    await system.redis('queue', 'FLUSHALL');
    for (const role of ['worker', 'scheduler'] as const) await system.startWithClock(role, aheadSeconds);
    return async () => {
      for (const role of ['worker', 'scheduler'] as const) {
        await system.stop(role);
        await system.startRole(role);
      }
    };
  },
});

/** Every fault, in the order in which they are injected. */
export const faults: readonly Fault[] = [
  killedRole('worker'),
  frozenRole('worker'),
  killedRole('api'),
  frozenRole('api'),
  killedRole('scheduler'),
  frozenRole('scheduler'),
  {
    name: 'PostgreSQL killed',
    isShort: true,
    seconds: 5,
    inject: async (system) => {
      system.signalPostgres('SIGKILL');
      return () => system.untilPostgresAnswers();
    },
  },
  {
    name: 'PostgreSQL frozen',
    seconds: 15,
    inject: async (system) => {
      system.signalPostgres('SIGSTOP');
      return async () => system.signalPostgres('SIGCONT');
    },
  },
  {
    name: 'PostgreSQL disk full',
    needsRoot: true,
    inject: async (system) => {
      system.postgresDisk?.fill();
      return async () => {
        system.postgresDisk?.free();
        await system.untilPostgresAnswers();
      };
    },
  },
  {
    name: 'PostgreSQL read-only',
    inject: async (system) => {
      await setReadOnly(system, 'on');
      return () => setReadOnly(system, 'off');
    },
  },
  {
    name: 'PostgreSQL fails over: read-only, then served elsewhere',
    inject: async (system) => {
      await setReadOnly(system, 'on');
      return async () => {
        await setReadOnly(system, 'off');
        await system.movePostgres();
      };
    },
  },
  {
    name: 'tables locked (ACCESS EXCLUSIVE)',
    inject: async (system) => {
      let unlock: () => void = () => undefined;
      const isDone = new Promise<void>((resolve) => {
        unlock = resolve;
      });
      const holding = system.withDatabase(async (client) => {
        await client.query('BEGIN');
        await client.query('LOCK TABLE job, stock, stock_data, api_key IN ACCESS EXCLUSIVE MODE');
        await isDone;
        await client.query('COMMIT');
      });
      return async () => {
        unlock();
        await holding;
      };
    },
  },
  {
    name: 'PostgreSQL connections exhausted',
    inject: takeConnections,
  },
  {
    name: 'PostgreSQL password rotated',
    isShort: true,
    seconds: 5,
    inject: async (system) => {
      const next = `next-${Date.now()}`;
      await system.rotateDatabase(next);
      return async () => system.writeDatabasePassword(next);
    },
  },
  ...ofRedis('cache'),
  ...ofRedis('queue'),
  {
    name: 'LOG_DIR full, then API and worker told to stop',
    needsRoot: true,
    inject: async (system) => {
      system.logDisk?.fill();
      return async () => {
        for (const role of ['api', 'worker'] as const) {
          const seconds = await system.stop(role);
          if (seconds > 14) throw new Error(`${role} took ${seconds.toFixed(1)} s to stop: it had to be killed`);
        }
        system.logDisk?.free();
        for (const role of ['api', 'worker'] as const) await system.startRole(role);
      };
    },
  },
  wrongClock(2 * hours),
  wrongClock(-2 * hours),
  {
    name: 'two schedulers',
    inject: async (system) => {
      await system.startRole('scheduler', { METRICS_PORT: String(system.ports.second), LOG_DIR: '' }, 'second');
      return () => system.stop('second');
    },
  },
];
