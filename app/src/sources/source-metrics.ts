import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { Database } from '../database/pool';
import { readForScrape } from '../runtime/scrape';
import type { MarketDataSource } from './source';
import { listSourceApis } from './source-api';
import { requestOutcomes } from './source-error';

/**
 * Metrics of the requests to sources of market data. Of each interface that may be called they are there before its first
 * call: a series that begins with its first event has not increased.
 *
 * @param sources those that are asked unless a request names another
 */
export function createSourceMetrics(registry: Registry, database: Database, sources: readonly MarketDataSource[]) {
  const labelNames = ['source', 'api'] as const;
  const apis = apisOf(sources);
  new Gauge({
    name: 'source_breaker_open',
    help: 'Circuit breaker of an interface of a source: 1 while it is open, so that no call is made, by what all processes know.',
    labelNames,
    registers: [registry],
    async collect() {
      this.reset();
      const neverCalled = apis.map((key) => ({ ...key, isOpen: false }));
      const all = listSourceApis(database).then((called) => [...neverCalled, ...called]);
      for (const { source, api, isOpen } of await readForScrape(all)) this.set({ source, api }, isOpen ? 1 : 0);
    },
  });
  const requests = new Counter({
    name: 'source_requests_total',
    help: 'Requests to sources by outcome: ok, aborted or the kind of the error.',
    labelNames: [...labelNames, 'outcome'],
    registers: [registry],
  });
  const duration = new Histogram({
    name: 'source_request_duration_seconds',
    help: 'Time one request to a source took, whatever its outcome.',
    labelNames,
    buckets: [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120],
    registers: [registry],
  });
  const rateLimited = new Counter({
    name: 'source_rate_limited_total',
    help: 'Times a request had to wait for, or was refused by, our own budget of calls a minute.',
    labelNames,
    registers: [registry],
  });
  for (const key of apis) {
    for (const outcome of requestOutcomes) requests.inc({ ...key, outcome }, 0);
    duration.zero(key);
    rateLimited.inc(key, 0);
  }
  return { requests, duration, rateLimited };
}
export type SourceMetrics = ReturnType<typeof createSourceMetrics>;

/** Each interface once: two datasets may be of one. */
function apisOf(sources: readonly MarketDataSource[]): { source: string; api: string }[] {
  return sources.flatMap(({ name, fetchers }) =>
    [...new Set(Object.values(fetchers).map(({ api }) => api))].map((api) => ({ source: name, api })),
  );
}
