import { pino } from 'pino';
import { Registry } from 'prom-client';
import { createPool } from '../../src/database/pool';
import { createJobMetrics } from '../../src/jobs/job-metrics';
import { openQueue, openWorker } from '../../src/jobs/queue';
import { createProcessor } from '../../src/jobs/run-job';
import { ingestContext } from './ingest';

// A worker in a process of its own, for tests to kill: its jobs never end.
const { QUEUE_URL = '', QUEUE_PASSWORD, DATABASE_URL = '', DATABASE_PASSWORD = '' } = process.env;
const address = { QUEUE_URL, QUEUE_PASSWORD };
const logger = pino({ level: 'silent' });
const database = createPool(
  { DATABASE_URL, DATABASE_PASSWORD, DATABASE_POOL_SIZE: 1, DATABASE_MAX_OVERFLOW: 1 },
  'hanging-worker',
);
const processor = createProcessor(
  { ...ingestContext(database), queue: openQueue(address, logger), metrics: createJobMetrics(new Registry(), []) },
  { softTimeLimitSeconds: 60, hardTimeLimitSeconds: 120 },
  { note: { run: () => new Promise(() => undefined) } },
);
openWorker(address, { concurrency: 1, lockSeconds: 1 }, processor, logger).run();
