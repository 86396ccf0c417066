import { Type } from 'typebox';
import { readJobOrder } from '../../jobs/job-request';
import { countChildren, findJob, type JobPosition, jobStates, listJobs } from '../../jobs/job-store';
import { jobTypeNames } from '../../jobs/job-types';
import { revokeJob } from '../../jobs/revoke';
import { priorities, submitJob } from '../../jobs/submit';
import { datasets } from '../../market/dataset';
import { dayInShanghai } from '../../market/trading-day';
import { sourceNames } from '../../sources/source';
import type { ApiContext } from '../api-context';
import type { ApiServer } from '../api-server';
import { decodeCursor, encodeCursor } from '../cursor';
import { envelopeSchema, ownMeta } from '../envelope';
import { jobFields, jobSchema, toJob } from '../job-answer';
import { clientOf } from '../job-client';
import { dayParameter, errors, limitParameter, security } from '../parameters';
import { Problem } from '../problem';
import { sendFresh } from '../representation';

const tags = ['jobs'];

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

const positionForm = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z [0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

function decodePosition(cursor: string): JobPosition {
  const [createdAt = '', id = ''] = decodeCursor(cursor, positionForm).split(' ');
  if (Number.isNaN(Date.parse(createdAt))) throw new Problem(400, 'invalid_cursor', `cursor '${cursor}' is not ours`);
  return { createdAt, id };
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
      const planned = readJobOrder(
        { ...order, symbols: resolved?.map(({ symbol }) => symbol) },
        dayInShanghai(new Date()),
      );
      const submitting = { database: request.database, queue, logger };
      const { job, isNew } = await submitJob(submitting, planned, clientOf(request, context));
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
