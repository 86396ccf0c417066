import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { Database, DatabasePool } from '../database/pool';
import { countDeadLetters } from '../jobs/dead-letters';
import { countUnfinishedJobs, summarizeJobs } from '../jobs/job-store';
import type { JobQueue } from '../jobs/queue';
import { listSourceApis } from '../sources/source-api';
import { lostLogRecords } from './log-files';
import { within } from './within';

const scrapeTimeoutSeconds = 2;

// The manual alerts when the 95th percentile is above 2 s, so the buckets are close together around it.
const durationBucketsSeconds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 1.5, 2, 2.5, 5, 10];

/** A registry with the metrics of the process and of its database pool. */
export function createRegistry(database: DatabasePool): Registry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  registry.registerMetric(lostLogRecords);
  new Gauge({
    name: 'pg_pool_connections',
    help: 'Connections of this process to PostgreSQL, and requests that wait for one.',
    labelNames: ['state'],
    registers: [registry],
    collect() {
      this.set({ state: 'idle' }, database.idleCount);
      this.set({ state: 'busy' }, database.totalCount - database.idleCount);
      this.set({ state: 'waiting' }, database.waitingCount);
    },
  });
  return registry;
}

/** Metrics of the API, with the names and labels the manual's alert rules use ("告警规则"). */
export function createHttpMetrics(registry: Registry) {
  const labelNames = ['method', 'route', 'status'] as const;
  return {
    requests: new Counter({
      name: 'http_requests_total',
      help: 'HTTP requests answered.',
      labelNames,
      registers: [registry],
    }),
    duration: new Histogram({
      name: 'http_request_duration_seconds',
      help: 'Time from the arrival of a request to the end of its answer.',
      labelNames,
      buckets: durationBucketsSeconds,
      registers: [registry],
    }),
    cache: new Counter({
      name: 'cache_requests_total',
      help: 'Questions to the cache by result: hit, miss, stale (the database is down) or error (the cache is).',
      labelNames: ['kind', 'result'] as const,
      registers: [registry],
    }),
  };
}
export type HttpMetrics = ReturnType<typeof createHttpMetrics>;

/** Metrics of the worker. */
export function createJobMetrics(registry: Registry) {
  return {
    duration: new Histogram({
      name: 'job_duration_seconds',
      help: 'Time one attempt at a job took, by outcome: completed, retried, deferred, failed or revoked.',
      labelNames: ['type', 'outcome'] as const,
      buckets: [0.1, 0.5, 1, 5, 10, 30, 60, 120, 300, 600],
      registers: [registry],
    }),
    timeouts: new Counter({
      name: 'job_timeouts_total',
      help: 'Attempts that reached a time limit: soft, and stopped when asked; hard, and were given up.',
      labelNames: ['kind'] as const,
      registers: [registry],
    }),
    rows: new Counter({
      name: 'ingest_rows_total',
      help: 'Rows of ingest jobs by what became of them: inserted, updated, unchanged or quarantined.',
      labelNames: ['dataset', 'source', 'result'] as const,
      registers: [registry],
    }),
    violations: new Counter({
      name: 'dq_violations_total',
      help: 'Rows of sources that break a rule of data quality, by the rule.',
      labelNames: ['rule'] as const,
      registers: [registry],
    }),
  };
}
export type JobMetrics = ReturnType<typeof createJobMetrics>;

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
        // A dependency that is down leaves a gap in its own gauge, not in all the others.
        const values = await within(scrapeTimeoutSeconds, read()).catch(() => []);
        for (const [found, value] of values) this.set(found, value);
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

/** Metrics of the requests to sources of market data. */
export function createSourceMetrics(registry: Registry, database: Database) {
  const labelNames = ['source', 'api'] as const;
  new Gauge({
    name: 'source_breaker_open',
    help: 'Circuit breaker of an interface of a source: 1 while it is open, so that no call is made, by what all processes know.',
    labelNames,
    registers: [registry],
    async collect() {
      this.reset();
      const apis = await within(scrapeTimeoutSeconds, listSourceApis(database)).catch(() => []);
      for (const { source, api, isOpen } of apis) this.set({ source, api }, isOpen ? 1 : 0);
    },
  });
  return {
    requests: new Counter({
      name: 'source_requests_total',
      help: 'Requests to sources by outcome: ok, aborted or the kind of the error.',
      labelNames: [...labelNames, 'outcome'],
      registers: [registry],
    }),
    duration: new Histogram({
      name: 'source_request_duration_seconds',
      help: 'Time one request to a source took, whatever its outcome.',
      labelNames,
      buckets: [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120],
      registers: [registry],
    }),
    rateLimited: new Counter({
      name: 'source_rate_limited_total',
      help: 'Times a request had to wait for, or was refused by, our own budget of calls a minute.',
      labelNames,
      registers: [registry],
    }),
  };
}
export type SourceMetrics = ReturnType<typeof createSourceMetrics>;
