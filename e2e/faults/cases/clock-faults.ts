import type { System } from '../system';
import type { Fault } from './fault';

const hours = 3600;
const clockless = ['worker', 'scheduler'] as const;
const untilJumpSeconds = 8;

async function mendClocks(system: System): Promise<void> {
  for (const role of clockless) {
    await system.stop(role);
    await system.startRole(role);
  }
}

const wrongClock = (aheadSeconds: number): Fault => ({
  name: `clock of worker and scheduler ${aheadSeconds > 0 ? '2 h ahead' : '2 h behind'}, schedules set by it`,
  expected: 'no request fails; what is scheduled comes when PostgreSQL says it is time',
  seconds: 20,
  inject: async (system) => {
    for (const role of clockless) await system.stop(role);
    await system.redis('queue', 'FLUSHALL');
    for (const role of clockless) await system.startWithClock(role, aheadSeconds);
    return () => mendClocks(system);
  },
});

const jumpingClock = (aheadSeconds: number): Fault => ({
  name: `clock of worker and scheduler jumps 2 h ${aheadSeconds > 0 ? 'forwards' : 'backwards'} while they run`,
  expected: 'no request fails; both say that their clock is wrong',
  seconds: 20,
  prepare: async (system) => {
    for (const role of clockless) {
      await system.stop(role);
      await system.startWithClock(role, aheadSeconds, untilJumpSeconds);
    }
    return async () => undefined;
  },
  inject: async (system) => () => mendClocks(system),
});

export const clockFaults: readonly Fault[] = [
  wrongClock(2 * hours),
  wrongClock(-2 * hours),
  jumpingClock(2 * hours),
  jumpingClock(-2 * hours),
];
