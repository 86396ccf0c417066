import { Type } from 'typebox';
import { type JobRecord, jobStates } from '../jobs/job-store';
import { jobTypeNames } from '../jobs/job-types';
import { Nullable } from './envelope';

const Moment = Type.String({ format: 'date-time' });

/** Describes the fields of a job, for OpenAPI. */
export const jobFields = {
  job_id: Type.String({ format: 'uuid' }),
  type: Type.String({ enum: jobTypeNames }),
  state: Type.String({
    enum: [...jobStates],
    description:
      'waiting: for its children; accepted: not handed to the queue yet; queued: the queue has it; active: a worker runs it',
  }),
  request: Type.Unknown(),
  priority: Type.Integer({ description: '1 runs first' }),
  parent_id: Nullable(Type.String({ format: 'uuid', description: 'The job that runs once this one has finished' })),
  unfinished_children: Type.Integer(),
  attempts: Type.Integer({ description: 'Times the job was started, not counting those that a source put off' }),
  not_before: Nullable({ ...Moment, description: 'When it is tried again' }),
  is_revoke_requested: Type.Boolean(),
  result: Type.Unknown(),
  error: Nullable(Type.String({ description: 'Why the last attempt failed' })),
  error_kind: Nullable(Type.String({ description: 'What class of error it was' })),
  created_at: Moment,
  finished_at: Nullable(Moment),
};
/** Describes a job, for OpenAPI. */
export const jobSchema = Type.Object(jobFields, { title: 'Job' });
/** A job as it is answered. */
export function toJob(job: JobRecord) {
  return {
    job_id: job.id,
    type: job.type,
    state: job.state,
    request: job.request,
    priority: job.priority,
    parent_id: job.parent_id,
    unfinished_children: job.unfinished_children,
    attempts: job.attempts,
    not_before: job.not_before?.toISOString() ?? null,
    is_revoke_requested: job.revoke_requested_at !== null,
    result: job.result,
    error: job.error,
    error_kind: job.error_kind,
    created_at: job.created_at.toISOString(),
    finished_at: job.finished_at?.toISOString() ?? null,
  };
}
