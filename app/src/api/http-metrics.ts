import { Counter, Histogram, type Registry } from 'prom-client';

// Manual 4.2 alerts when the 95th percentile is above 2 s, so the buckets are close together around it.
const durationBucketsSeconds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 1.5, 2, 2.5, 5, 10];

/** Metrics of the API, with the names and labels the alert rules of manual 4.2 use. */
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
