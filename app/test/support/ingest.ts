import { pino } from 'pino';
import { Registry } from 'prom-client';
import { type Database, inTransaction } from '../../src/database/pool';
import { type IngestContext, ingest } from '../../src/ingest/ingest';
import type { IngestRequest } from '../../src/ingest/ingest-request';
import type { IngestResult } from '../../src/ingest/ingest-result';
import type { WriteResult } from '../../src/ingest/merge-rows';
import { writeDailyBars } from '../../src/ingest/write-daily-bars';
import { createJobMetrics } from '../../src/jobs/job-metrics';
import type { DailyBar } from '../../src/market/daily-bar';
import { parseSourcePriority, type SourcePriority } from '../../src/sources/priority';
import { sampleSource } from '../../src/sources/sample';

import { openSourceAccess } from './source-access';

/** What an ingest works with, with the sample as its only source. */
export const ingestContext = (database: Database, changes: Partial<IngestContext> = {}): IngestContext => ({
  database,
  access: openSourceAccess({ database, sources: [sampleSource], priority: 'sample' }),
  priority: parseSourcePriority('sample') as SourcePriority,
  cache: undefined,
  metrics: createJobMetrics(new Registry(), []),
  logger: pino({ level: 'silent' }),
  ...changes,
});

/** Loads daily bars of the sample. */
export const loadSample = (
  database: Database,
  request: Pick<IngestRequest, 'symbols' | 'start' | 'end'>,
  changes: Partial<IngestContext> = {},
): Promise<IngestResult> =>
  ingest(
    ingestContext(database, changes),
    { dataset: 'daily', source: 'sample', ...request },
    { jobId: undefined, signal: new AbortController().signal },
  );

/** Stores bars as those of a source. */
export const storeBars = (database: Database, source: string, bars: readonly DailyBar[]): Promise<WriteResult> =>
  inTransaction(database, (client) => writeDailyBars(client, { source, outrankedBy: [] }, [bars]));
