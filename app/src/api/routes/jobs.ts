import { Type } from 'typebox';
import type { IngestRequest } from '../../ingest/ingest';
import { findJob, type JobRecord, jobStates } from '../../jobs/job-store';
import { planJob, priorities, submitJob } from '../../jobs/submit';
import { type Dataset, datasets } from '../../market/dataset';
import { parseSymbol, SymbolError } from '../../market/symbol';
import { dayInShanghai } from '../../market/trading-day';
import { type SourceName, sourceNames } from '../../sources/source';
import type { ApiContext, ApiServer } from '../api';
import { Problem, problemSchema } from '../problem';

const errors = { '4xx': problemSchema, '5xx': problemSchema };
const security = [{ apiKey: [] }];
const firstDay = '1990-01-01';

const jobSchema = Type.Object({
  job_id: Type.String({ format: 'uuid' }),
  type: Type.String(),
  state: Type.String({ enum: [...jobStates] }),
  request: Type.Unknown(),
  attempts: Type.Integer({ description: 'Times the job was begun' }),
  result: Type.Unknown(),
  error: Type.Union([Type.String(), Type.Null()], { description: 'Why the last attempt failed' }),
  created_at: Type.String({ format: 'date-time' }),
  finished_at: Type.Union([Type.String({ format: 'date-time' }), Type.Null()]),
});

function toJob({ id, type, state, request, attempts, result, error, created_at, finished_at }: JobRecord) {
  return {
    job_id: id,
    type,
    state,
    request,
    attempts,
    result,
    error,
    created_at: created_at.toISOString(),
    finished_at: finished_at?.toISOString() ?? null,
  };
}

/** The symbols in canonical form, each once, in order, so that equal requests are equal in writing. */
function canonicalSymbols(texts: readonly string[]): string[] {
  try {
    return [...new Set(texts.map(parseSymbol))].sort();
  } catch (error) {
    if (error instanceof SymbolError) throw new Problem(400, 'invalid_symbol', error.message);
    throw error;
  }
}

/** Adds the routes under /api/v1/jobs. */
export function addJobRoutes(server: ApiServer, { database, queue, logger }: ApiContext): void {
  server.post(
    '/api/v1/jobs',
    {
      config: { scope: 'write' },
      schema: {
        tags: ['jobs'],
        summary: 'Load prices from a source in the background',
        description:
          'The same request made again while the first is unfinished answers with the same job. Loading twice is harmless: only what changed is written.',
        security,
        body: Type.Object(
          {
            type: Type.Literal('ingest'),
            dataset: Type.Unsafe<Dataset>({ type: 'string', enum: [...datasets], default: 'daily' }),
            source: Type.Unsafe<SourceName | 'auto'>({ type: 'string', enum: ['auto', ...sourceNames] }),
            symbols: Type.Optional(
              Type.Array(Type.String({ maxLength: 20 }), {
                minItems: 1,
                maxItems: 1000,
                description: 'Stocks to load; every stock of the source when left out',
              }),
            ),
            start: Type.String({ format: 'date', description: 'First day' }),
            end: Type.String({ format: 'date', description: 'Last day, today in Shanghai at the latest' }),
          },
          { additionalProperties: false },
        ),
        response: {
          202: Type.Object({
            data: jobSchema,
            meta: Type.Object({
              request_id: Type.String(),
              deduplicated: Type.Boolean({ description: 'An unfinished job already asked for the same' }),
            }),
            warnings: Type.Array(Type.String()),
          }),
          ...errors,
        },
      },
    },
    async (request, reply) => {
      const { type, dataset, source, symbols, start, end } = request.body;
      const today = dayInShanghai(new Date());
      if (start < firstDay) throw new Problem(400, 'invalid_request', `start ${start} is before ${firstDay}`);
      if (start > end) throw new Problem(400, 'invalid_request', `start ${start} is after end ${end}; swap them`);
      if (end > today) {
        throw new Problem(400, 'invalid_request', `end ${end} is in the future; today in Shanghai is ${today}`);
      }
      const wanted: IngestRequest = {
        dataset,
        source,
        symbols: symbols ? canonicalSymbols(symbols) : null,
        start,
        end,
      };
      const { job, isNew } = await submitJob({ database, queue, logger }, planJob(type, wanted, priorities.scheduled));
      return reply
        .code(202)
        .header('location', `/api/v1/jobs/${job.id}`)
        .send({ data: toJob(job), meta: { request_id: request.id, deduplicated: !isNew }, warnings: [] });
    },
  );

  server.get(
    '/api/v1/jobs/:id',
    {
      config: { scope: 'read' },
      schema: {
        tags: ['jobs'],
        summary: 'A job and what became of it',
        security,
        params: Type.Object({ id: Type.String({ format: 'uuid' }) }),
        response: {
          200: Type.Object({
            data: jobSchema,
            meta: Type.Object({ request_id: Type.String() }),
            warnings: Type.Array(Type.String()),
          }),
          ...errors,
        },
      },
    },
    async (request) => {
      const job = await findJob(database, request.params.id);
      if (!job) throw new Problem(404, 'unknown_job', `there is no job ${request.params.id}`);
      return { data: toJob(job), meta: { request_id: request.id }, warnings: [] };
    },
  );
}
