import { Counter, Histogram, type Registry } from 'prom-client';
import { createIngestMetrics } from '../ingest/ingest-metrics';
import type { MarketDataSource } from '../sources/source';

/** Metrics of the worker. @param sources those that are asked unless a request names another */
export function createJobMetrics(registry: Registry, sources: readonly MarketDataSource[]) {
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
    ...createIngestMetrics(registry, sources),
  };
}
export type JobMetrics = ReturnType<typeof createJobMetrics>;
