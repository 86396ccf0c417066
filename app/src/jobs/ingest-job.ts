import { type IngestRequest, ingest } from '../ingest/ingest';
import type { JobType } from './job-types';

/** Loads one dataset from a source. */
export const ingestJob: JobType<IngestRequest> = {
  async run({ database, cache, metrics }, { request }, signal) {
    const { changedSymbols, rejected, ...counts } = await ingest(database, request, signal);
    await cache?.invalidate(changedSymbols);
    const labels = { dataset: 'daily', source: request.source };
    for (const result of ['inserted', 'updated', 'unchanged'] as const) {
      metrics.rows.inc({ ...labels, result }, counts[result]);
    }
    metrics.rows.inc({ ...labels, result: 'rejected' }, rejected.length);
    return { ...counts, rejected };
  },
};
