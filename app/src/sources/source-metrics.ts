import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { Database } from '../database/pool';
import { readForScrape } from '../runtime/scrape';
import { listSourceApis } from './source-api';

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
      for (const { source, api, isOpen } of await readForScrape(listSourceApis(database)))
        this.set({ source, api }, isOpen ? 1 : 0);
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
