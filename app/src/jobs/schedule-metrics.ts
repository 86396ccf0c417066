import { Gauge, type Registry } from 'prom-client';
import { readForScrape } from '../runtime/scrape';
import { findScheduleFaults, scheduleNames } from './installed-schedules';
import type { JobQueue } from './queue';

/** Whether the queue has each schedule as it should be, asked at each scrape. */
export function registerScheduleFaults(registry: Registry, queue: JobQueue): void {
  new Gauge({
    name: 'schedule_faulty',
    help: 'Schedules of this version: 1 where the queue does not have it as it should be.',
    labelNames: ['schedule'],
    registers: [registry],
    async collect() {
      this.reset();
      const read = findScheduleFaults(queue).then((faults) =>
        scheduleNames.map((schedule) => ({ schedule, isFaulty: faults.has(schedule) })),
      );
      for (const { schedule, isFaulty } of await readForScrape(read)) this.set({ schedule }, isFaulty ? 1 : 0);
    },
  });
}
