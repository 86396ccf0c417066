import { Type } from 'typebox';
import { type JobOrder, JobRequestError, readJobOrder } from '../../jobs/job-request';
import { countChildren, findJob, type JobPosition, type JobRecord, jobStates, listJobs } from '../../jobs/job-store';
import { jobTypeNames } from '../../jobs/job-types';
import { revokeJob } from '../../jobs/revoke';
import { priorities, submitJob } from '../../jobs/submit';
import { datasets } from '../../market/dataset';
import { SymbolError } from '../../market/symbol';
import { dayInShanghai } from '../../market/trading-day';
import { sourceNames } from '../../sources/source';
import type { ApiContext } from '../api-context';
import type { ApiServer } from '../api-server';
import { decodeCursor, encodeCursor } from '../cursor';
import { envelopeSchema, Nullable, ownMeta } from '../envelope';
import { accepted, clientOf } from '../job-client';
import { dayParameter, errors, limitParameter, security } from '../parameters';
import { Problem } from '../problem';
import { sendFresh } from '../representation';

const tags = ['jobs'];
const Moment = Type.String({ format: 'date-time' });

const jobFields = {
  job_id: Type.String({ format: 'uuid' }),
  type: Type.String({ enum: jobTypeNames }),
  state: Type.String({ enum: [...jobStates], description: 'waiting: for its children' }),
  request: Type.Unknown(),
  priority: Type.Integer({ description: '1 runs first' }),
  parent_id: Nullable(Type.String({ format: 'uuid', description: 'The job that runs once this one has finished' })),
  unfinished_children: Type.Integer(),
  attempts: Type.Integer({ description: 'Times the job was begun, those a source put off not counted' }),
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
const jobWithChildrenSchema = Type.Object(
  {
    ...jobFields,
    children: Type.Record(Type.String({ enum: [...jobStates] }), Type.Integer(), {
      description: 'Number of children by state',
    }),
  },
  { title: 'JobWithChildren' },
);
const params = Type.Object({ id: Type.String({ format: 'uuid' }) });

const oneOf = <T extends string>(names: readonly T[], description?: string) =>
  Type.Unsafe<T>({ type: 'string', enum: [...names], description });

const orderSchema = Type.Object(
  {
    type: oneOf(jobTypeNames),
    dataset: Type.Optional(oneOf(datasets, 'What an ingest loads; daily when left out')),
    datasets: Type.Optional(Type.Array(oneOf(datasets), { minItems: 1, description: 'What a backfill loads' })),
    source: Type.Optional(oneOf(['auto', ...sourceNames] as const, 'auto, when left out: those configured, in order')),
    symbols: Type.Optional(
      Type.Array(Type.String({ maxLength: 20 }), {
        minItems: 1,
        maxItems: 1000,
        description: 'Stocks to load; every stock when left out',
      }),
    ),
    start: Type.Optional(dayParameter('First day')),
    end: Type.Optional(dayParameter('Last day, today in Shanghai at the latest')),
    priority: Type.Optional(
      Type.Integer({ minimum: priorities.mostUrgentOfClients, maximum: 100, description: 'Lower ones run first' }),
    ),
  },
  { title: 'JobOrder', additionalProperties: false },
);

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

const positionForm = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z [0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

function decodePosition(cursor: string): JobPosition {
  const [createdAt = '', id = ''] = decodeCursor(cursor, positionForm).split(' ');
  if (Number.isNaN(Date.parse(createdAt))) throw new Problem(400, 'invalid_cursor', `cursor '${cursor}' is not ours`);
  return { createdAt, id };
}

function orderToJob(order: JobOrder) {
  try {
    return readJobOrder(order, dayInShanghai(new Date()));
  } catch (error) {
    if (error instanceof SymbolError) throw new Problem(400, 'invalid_symbol', error.message);
    if (error instanceof JobRequestError) throw new Problem(400, 'invalid_request', error.message);
    throw error;
  }
}

const unknownJob = (id: string) => new Problem(404, 'unknown_job', `there is no job ${id}`);

/** Adds the routes under /api/v1/jobs. */
export function addJobRoutes(server: ApiServer, context: ApiContext): void {
  const { queue, logger, symbols } = context;
  server.post(
    '/api/v1/jobs',
    {
      config: { scope: 'write' },
      schema: {
        tags,
        operationId: 'createJob',
        summary: 'Load data from a source in the background',
        description:
          'An ingest loads one dataset. A backfill loads the history of several: one ingest for each month, or for each 50 of the stocks it names, and a report at the end. The same request made again while the first is unfinished answers with the same job. Loading twice is harmless: only what changed is written.',
        security,
        body: orderSchema,
        response: {
          202: envelopeSchema(jobSchema, {
            deduplicated: Type.Boolean({ description: 'An unfinished job already asked for the same' }),
          }),
          ...errors,
        },
      },
    },
    async (request, reply) => {
      const { symbols: asked, ...order } = request.body;
      const resolved = asked && (await Promise.all(asked.map((symbol) => symbols.resolve(symbol))));
      const planned = orderToJob({ ...order, symbols: resolved?.map(({ symbol }) => symbol) });
      const { job, isNew } = await accepted(
        submitJob({ database: request.database, queue, logger }, planned, clientOf(request, context)),
      );
      return sendFresh(
        request,
        reply.code(202).header('location', `/api/v1/jobs/${job.id}`),
        { ...ownMeta(), deduplicated: !isNew },
        JSON.stringify(toJob(job)),
      );
    },
  );

  server.get(
    '/api/v1/jobs',
    {
      config: { scope: 'read' },
      schema: {
        tags,
        operationId: 'listJobs',
        summary: 'Jobs, the newest first',
        security,
        querystring: Type.Object(
          {
            state: Type.Optional(oneOf(jobStates)),
            type: Type.Optional(oneOf(jobTypeNames)),
            limit: limitParameter(1000),
            cursor: Type.Optional(Type.String({ maxLength: 128, description: 'next_cursor of the page before' })),
          },
          { additionalProperties: false },
        ),
        response: {
          200: envelopeSchema(Type.Array(jobSchema)),
          ...errors,
        },
      },
    },
    async (request, reply) => {
      const { state, type, limit, cursor } = request.query;
      const after = cursor === undefined ? undefined : decodePosition(cursor);
      const found = await listJobs(request.database, { state, type }, limit + 1, after);
      const shown = found.slice(0, limit);
      const last = shown.at(-1)?.position;
      const nextCursor = found.length > limit && last ? encodeCursor(`${last.createdAt} ${last.id}`) : null;
      const data = JSON.stringify(shown.map(toJob));
      return sendFresh(request, reply, ownMeta(nextCursor), data);
    },
  );

  server.get(
    '/api/v1/jobs/:id',
    {
      config: { scope: 'read' },
      schema: {
        tags,
        operationId: 'getJob',
        summary: 'A job and what became of it',
        security,
        params,
        response: { 200: envelopeSchema(jobWithChildrenSchema), ...errors },
      },
    },
    async (request, reply) => {
      const { id } = request.params;
      const job = await findJob(request.database, id);
      if (!job) throw unknownJob(id);
      const children = await countChildren(request.database, id);
      const data = JSON.stringify({ ...toJob(job), children });
      return sendFresh(request, reply, ownMeta(), data);
    },
  );

  server.delete(
    '/api/v1/jobs/:id',
    {
      config: { scope: 'write' },
      schema: {
        tags,
        operationId: 'revokeJob',
        summary: 'Revoke a job and its children',
        description:
          'What does not run yet is revoked at once (200). What runs is stopped by its worker within seconds (202).',
        security,
        params,
        response: { 200: envelopeSchema(jobSchema), 202: envelopeSchema(jobSchema), ...errors },
      },
    },
    async (request, reply) => {
      const { id } = request.params;
      const revoked = await revokeJob({ database: request.database, queue, logger }, id);
      if (!revoked) throw unknownJob(id);
      const { job, wasFinished } = revoked;
      if (wasFinished) throw new Problem(409, 'job_finished', `job ${id} is finished already: ${job.state}`);
      return sendFresh(request, reply.code(job.finished_at ? 200 : 202), ownMeta(), JSON.stringify(toJob(job)));
    },
  );
}
