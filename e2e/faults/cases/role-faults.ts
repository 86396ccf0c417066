import { setTimeout as sleep } from 'node:timers/promises';
import type { RoleName, System } from '../system';
import type { Fault } from './fault';

/** What a role may take to stop; its container has 15 s. */
const graceSeconds = 14;
const busySeconds = 3;
/** In which a process that may take no more memory is killed. */
const outOfMemorySeconds = 60;

/** The process that keeps a container alive starts it again. */
const killedRole = (role: RoleName, expected: string, alerts: readonly string[] = ['TargetDown']): Fault => ({
  name: `${role} killed`,
  expected,
  alerts,
  inject: async (system) => {
    system.signal(role, 'SIGKILL');
    return () => system.startRole(role);
  },
});

const frozenRole = (role: RoleName, expected: string, alerts: readonly string[] = ['TargetDown']): Fault => ({
  name: `${role} frozen`,
  expected,
  alerts,
  inject: async (system) => {
    system.signal(role, 'SIGSTOP');
    return async () => system.signal(role, 'SIGCONT');
  },
});

const outOfMemory = (role: RoleName, expected: string, alerts: readonly string[]): Fault => ({
  name: `${role} out of memory`,
  expected,
  alerts,
  needs: 'memory',
  inject: async (system) => {
    system.confine(role);
    await system.untilGone(role, outOfMemorySeconds);
    return () => system.startRole(role);
  },
});

/** Jobs cannot write what they have loaded, so that some are under way. @returns how to let them */
async function holdJobs(system: System): Promise<() => Promise<void>> {
  let letGo: () => void = () => undefined;
  const isOver = new Promise<void>((resolve) => {
    letGo = resolve;
  });
  let isHeld: () => void = () => undefined;
  const held = new Promise<void>((resolve) => {
    isHeld = resolve;
  });
  const holding = system.withDatabase(async (client) => {
    await client.query('BEGIN');
    await client.query('LOCK TABLE stock_data IN SHARE MODE');
    isHeld();
    await isOver;
    await client.query('COMMIT');
  });
  await held;
  return async () => {
    letGo();
    await holding;
  };
}

/** @throws Error when it had to be killed */
async function stopInTime(system: System, role: RoleName): Promise<void> {
  const seconds = await system.stop(role);
  if (seconds > graceSeconds)
    throw new Error(`${role} took ${seconds.toFixed(1)} s to stop, longer than the ${graceSeconds} s it has`);
}

export const roleFaults: readonly Fault[] = [
  killedRole('worker', 'no request fails; its jobs begin again'),
  frozenRole('worker', 'no request fails; its jobs go on or begin again'),
  {
    name: 'worker killed while its jobs run',
    expected: 'no request fails; the jobs run again when their lock has ended, and leave their rows once',
    inject: async (system) => {
      const letGo = await holdJobs(system);
      await sleep(busySeconds * 1000);
      system.signal('worker', 'SIGKILL');
      await letGo();
      return () => system.startRole('worker');
    },
  },
  {
    name: 'worker told to stop while its jobs run',
    expected: `no request fails; it finishes them, within ${graceSeconds} s`,
    inject: async (system) => {
      const letGo = await holdJobs(system);
      await sleep(busySeconds * 1000);
      const stopping = stopInTime(system, 'worker');
      await sleep(busySeconds * 1000);
      await letGo();
      await stopping;
      return () => system.startRole('worker');
    },
  },
  killedRole('api', 'refused until it is there again; only what was under way is cut', [
    'TargetDown',
    'HealthNotReached',
  ]),
  frozenRole('api', 'late answers, or 429 for too many at a time', ['TargetDown', 'HealthNotReached']),
  outOfMemory('worker', 'no request fails; its jobs begin again', ['TargetDown']),
  outOfMemory('api', 'refused until it is there again; only what was under way is cut', [
    'TargetDown',
    'HealthNotReached',
  ]),
  killedRole('scheduler', 'no request fails'),
  frozenRole('scheduler', 'no request fails'),
  {
    name: 'LOG_DIR full, then API and worker told to stop',
    expected: `nobody waits for logs; both stop within ${graceSeconds} s`,
    alerts: ['LogRecordsLost'],
    needs: 'disk',
    inject: async (system) => {
      system.logDisk?.fill();
      return async () => {
        for (const role of ['api', 'worker'] as const) await stopInTime(system, role);
        system.logDisk?.free();
        for (const role of ['api', 'worker'] as const) await system.startRole(role);
      };
    },
  },
  {
    name: 'two schedulers',
    expected: 'no request fails; nothing is scheduled twice',
    inject: async (system) => {
      await system.startRole('scheduler', { METRICS_PORT: String(system.ports.second), LOG_DIR: '' }, 'second');
      return () => system.stop('second');
    },
  },
];
