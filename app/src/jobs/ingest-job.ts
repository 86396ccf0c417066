import { ingest } from '../ingest/ingest';
import type { IngestRequest } from '../ingest/ingest-request';
import type { JobType } from './job-type';

/** Loads one dataset from a source. */
export const ingestJob: JobType<IngestRequest> = {
  run: (context, { id, request }, signal) => ingest(context, request, { jobId: id, signal }),
};
