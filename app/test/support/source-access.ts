import { pino } from 'pino';
import { Registry } from 'prom-client';
import type { Database } from '../../src/database/pool';
import { parseSourcePriority, type SourcePriority } from '../../src/sources/priority';
import type { MarketDataSource } from '../../src/sources/source';
import { SourceAccess } from '../../src/sources/source-access';
import { createSourceMetrics } from '../../src/sources/source-metrics';

interface Options {
  database: Database;
  sources: readonly MarketDataSource[];
  priority?: string;
  requestTimeoutSeconds?: number;
  registry?: Registry;
}

/** The way to the sources as a worker has it, but impatient: it waits milliseconds before it tries again. */
export const openSourceAccess = ({
  database,
  sources,
  priority = 'tushare,akshare,wind,sample',
  requestTimeoutSeconds = 10,
  registry = new Registry(),
}: Options): SourceAccess =>
  new SourceAccess({
    sources,
    database,
    priority: parseSourcePriority(priority) as SourcePriority,
    metrics: createSourceMetrics(registry, database, sources),
    logger: pino({ level: 'silent' }),
    requestTimeoutSeconds,
    retryPauseSeconds: 0.001,
  });

/** The source as one that may be called as often as one likes, for tests that are not about its budget. */
export const withoutBudget = (source: MarketDataSource): MarketDataSource => ({
  ...source,
  fetchers: Object.fromEntries(
    Object.entries(source.fetchers).map(([dataset, fetcher]) => [dataset, { ...fetcher, callsPerMinute: 1_000_000 }]),
  ),
});
