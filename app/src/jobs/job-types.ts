import { backfillJob } from './backfill';
import { ingestJob } from './ingest-job';
import type { JobTypes } from './job-type';

/** What workers can do, by the name of the job type. */
export const jobTypes = { ingest: ingestJob, backfill: backfillJob } as const satisfies JobTypes;
export type JobTypeName = keyof typeof jobTypes;
export const jobTypeNames = Object.keys(jobTypes) as JobTypeName[];
export const isJobType = (name: string): name is JobTypeName => name in jobTypes;
