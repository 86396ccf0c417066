import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { appRole } from '../../../app/src/database/roles';
import type { System } from '../system';
import type { Fault } from './fault';

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

export const postgresFaults: readonly Fault[] = [
  {
    name: 'PostgreSQL killed',
    expected: '503 until it is back, which it is by itself',
    isShort: true,
    seconds: 5,
    inject: async (system) => {
      system.signalPostgres('SIGKILL');
      return () => system.untilPostgresAnswers();
    },
  },
  {
    name: 'PostgreSQL frozen',
    expected: '503 or what the cache has, within the time an answer may take',
    alerts: ['PostgresDown'],
    seconds: 15,
    inject: async (system) => {
      system.signalPostgres('SIGSTOP');
      return async () => system.signalPostgres('SIGCONT');
    },
  },
  {
    name: 'PostgreSQL disk full',
    expected: 'reading goes on, writing is 503; it starts again by itself once there is room',
    alerts: ['HighErrorRate'],
    needs: 'disk',
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
    expected: 'reading goes on, writing is 503',
    alerts: ['HighErrorRate'],
    inject: async (system) => {
      await setReadOnly(system, 'on');
      return () => setReadOnly(system, 'off');
    },
  },
  {
    name: 'PostgreSQL fails over: read-only, then served elsewhere',
    expected: 'reading goes on, writing is 503; found again under its name',
    alerts: ['HighErrorRate'],
    inject: async (system) => {
      await setReadOnly(system, 'on');
      return async () => {
        await setReadOnly(system, 'off');
        await system.movePostgres();
      };
    },
  },
  {
    name: 'PostgreSQL and its files gone, a synchronous standby promoted',
    expected:
      'reading is 503 or what the cache has, writing is 503; nothing that was accepted is missing on the standby',
    alerts: ['PostgresDown'],
    prepare: (system) => system.followPostgres(),
    inject: async (system) => {
      await system.losePostgres();
      return () => system.promoteStandby();
    },
  },
  {
    name: 'tables locked (ACCESS EXCLUSIVE)',
    expected: '503 or 429 instead of waiting for ever',
    alerts: ['HighErrorRate'],
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
    expected: 'those that are open go on',
    alerts: ['PostgresConnectionsNearLimit'],
    inject: takeConnections,
  },
  {
    name: 'PostgreSQL password rotated',
    expected: '503 until the file has the new one, then back without a restart',
    alerts: ['HighErrorRate'],
    isShort: true,
    seconds: 5,
    inject: async (system) => {
      const next = `next-${Date.now()}`;
      await system.rotateDatabase(next);
      return async () => system.writeDatabasePassword(next);
    },
  },
];
