import { type IngestRequest, ingest } from '../ingest/ingest';
import type { JobType } from './job-types';

/** Loads one dataset from a source. */
export const ingestJob: JobType<IngestRequest> = {
  run: (context, { id, request }, signal) => ingest(context, request, { jobId: id, signal }),
};
