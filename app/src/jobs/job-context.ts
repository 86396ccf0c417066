import type { Logger } from 'pino';
import type { Database } from '../database/pool';
import type { IngestContext } from '../ingest/ingest';
import type { JobMetrics } from './job-metrics';
import type { JobQueue } from './queue';

/** What it takes to hand a job in. */
export interface SubmitContext {
  database: Database;
  queue: JobQueue;
  logger: Logger;
}

/** What jobs work with. */
export interface JobContext extends SubmitContext, IngestContext {
  metrics: JobMetrics;
}
