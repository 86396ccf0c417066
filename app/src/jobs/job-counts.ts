import { Gauge, type Registry } from 'prom-client';
import type { Database } from '../database/pool';
import { readForScrape } from '../runtime/scrape';
import { countDeadLetters } from './dead-letters';
import { countUnfinishedJobs, summarizeJobs } from './job-store';
import type { JobQueue } from './queue';

/** Gauges of jobs, as recorded in PostgreSQL and as the queue counts them, read at each scrape. */
export function registerJobCounts(registry: Registry, database: Database, queue: JobQueue): void {
  const gauge = (
    name: string,
    help: string,
    labels: string[],
    read: () => Promise<[labels: object, value: number][]>,
  ) =>
    new Gauge({
      name,
      help,
      labelNames: labels,
      registers: [registry],
      async collect() {
        this.reset();
        for (const [found, value] of await readForScrape(read())) this.set(found, value);
      },
    });
  gauge('jobs_unfinished', 'Recorded jobs that are not finished, by state.', ['state'], async () => [
    ...(['waiting', 'accepted', 'queued', 'active'] as const).map((state): [object, number] => [{ state }, 0]),
    ...(await countUnfinishedJobs(database)).map(({ state, jobs }): [object, number] => [{ state }, jobs]),
  ]);
  gauge('dlq_size', 'Dead letters that were not replayed.', [], async () => [[{}, await countDeadLetters(database)]]);
  gauge(
    'bullmq_queue_oldest_waiting_seconds',
    'For how long the first of the jobs that could run has waited.',
    ['queue'],
    async () => [[{ queue: queue.name }, (await summarizeJobs(database)).oldestWaitingSeconds ?? 0]],
  );
  // Jobs that wait are in state prioritized; waiting holds those of schedules alone.
  gauge('bullmq_job_count', 'Jobs in the queue by state.', ['queue', 'state'], async () =>
    Object.entries(await queue.getJobCounts()).map(([state, jobs]) => [{ queue: queue.name, state }, jobs]),
  );
}
