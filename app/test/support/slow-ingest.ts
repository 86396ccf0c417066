import { setTimeout as sleep } from 'node:timers/promises';
import { createPool } from '../../src/database/pool';
import { ingest } from '../../src/ingest/ingest';
import { ingestContext } from './ingest';

// An ingest of the sample in a process of its own, for tests to kill: each part takes a while.
const [jobId, request = ''] = process.argv.slice(2);
const { DATABASE_URL = '', DATABASE_PASSWORD = '' } = process.env;
const database = createPool(
  { DATABASE_URL, DATABASE_PASSWORD, DATABASE_POOL_SIZE: 1, DATABASE_MAX_OVERFLOW: 1 },
  'slow-ingest',
);
const context = ingestContext(database);
const { access } = context;
context.access = {
  candidates: (...asked) => access.candidates(...asked),
  fetch: async (...asked) => {
    await sleep(100);
    return access.fetch(...asked);
  },
};
ingest(context, JSON.parse(request), { jobId, signal: new AbortController().signal }).then(() => database.end());
