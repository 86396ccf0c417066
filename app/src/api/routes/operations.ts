import { Type } from 'typebox';
import { sql } from '../../database/sql';
import { datasets } from '../../market/dataset';
import { findFreshness } from '../../quality/freshness';
import { sourceNames } from '../../sources/source';
import type { ApiContext } from '../api-context';
import type { ApiServer } from '../api-server';
import { decodeCursor, numberKey } from '../cursor';
import { envelopeSchema, Nullable, ownMeta } from '../envelope';
import {
  errors,
  type JsonRow,
  moment,
  newestFirst,
  noParameters,
  pageOf,
  paging,
  rowAsJson,
  security,
} from '../parameters';
import { sendFresh } from '../representation';

const momentSchema = Nullable(Type.String({ format: 'date-time' }));
const day = Nullable(Type.String({ format: 'date' }));

const sourceSchema = Type.Object(
  {
    source: Type.String({ enum: [...sourceNames] }),
    datasets: Type.Array(Type.String({ enum: [...datasets] }), { description: 'For which it is asked' }),
    apis: Type.Array(
      Type.Object({
        api: Type.String({ description: "The interface's name upstream" }),
        breaker: Type.String({ enum: ['closed', 'open'], description: 'open: no call is made before open_until' }),
        open_until: momentSchema,
        consecutive_failures: Type.Integer(),
        error_kind: Nullable(Type.String()),
        error: Nullable(Type.String()),
        failed_at: momentSchema,
        succeeded_at: momentSchema,
        duration_ms: Nullable(Type.Integer({ description: 'Of the last call' })),
        budget: Type.Object({
          calls: Type.Number({ description: 'Calls that could be made at counted_at without waiting' }),
          counted_at: Type.String({ format: 'date-time' }),
        }),
      }),
    ),
  },
  { title: 'SourceState' },
);

const datasetSchema = Type.Object(
  {
    dataset: Type.String({ enum: [...datasets] }),
    latest_day: day,
    expected_day: Nullable(Type.String({ format: 'date', description: 'Null where the trading calendar is unknown' })),
    lag_trading_days: Nullable(Type.Integer({ description: 'Trading days after latest_day up to expected_day' })),
    rows_estimate: Type.Integer(),
    last_run: Nullable(
      Type.Object({
        state: Type.String(),
        source: Nullable(Type.String()),
        started_at: Type.String({ format: 'date-time' }),
        finished_at: momentSchema,
        error: Nullable(Type.String()),
      }),
    ),
  },
  { title: 'DatasetState' },
);

const runSchema = Type.Object(
  {
    id: Type.Integer(),
    job_id: Nullable(Type.String({ format: 'uuid' })),
    dataset: Type.String(),
    first_day: day,
    last_day: day,
    state: Type.String({ enum: ['running', 'completed', 'failed'] }),
    source: Nullable(Type.String()),
    fallback_from: Type.Array(Type.String()),
    read: Type.Integer(),
    inserted: Type.Integer(),
    updated: Type.Integer(),
    unchanged: Type.Integer(),
    quarantined: Type.Integer(),
    error: Nullable(Type.String()),
    started_at: Type.String({ format: 'date-time' }),
    finished_at: momentSchema,
  },
  { title: 'Run' },
);

const apisBySource = sql`
  SELECT source, json_agg(json_build_object(
    'api', api,
    'breaker', CASE WHEN open_until > now() THEN 'open' ELSE 'closed' END,
    'open_until', ${moment(sql`open_until`)}, 'consecutive_failures', consecutive_failures, 'error_kind', error_kind,
    'error', error, 'failed_at', ${moment(sql`failed_at`)}, 'succeeded_at', ${moment(sql`succeeded_at`)}, 'duration_ms', duration_ms,
    'budget', json_build_object('calls', tokens, 'counted_at', ${moment(sql`refilled_at`)})
  ) ORDER BY api) AS apis
  FROM source_api GROUP BY source`;

const listRuns = sql`
  SELECT ${rowAsJson(sql`id, job_id, dataset, first_day, last_day, state, source, fallback_from, read, inserted, updated,
    unchanged, quarantined, error, ${moment(sql`started_at`)} AS started_at, ${moment(sql`finished_at`)} AS finished_at`)} AS json,
    id::text AS key, NULL AS source FROM ingest_run
  WHERE id < $1 AND ($2::text IS NULL OR dataset = $2)
  ORDER BY id DESC LIMIT $3 + 1`;

/** Adds the routes that tell how the collection of data goes. */
export function addOperationsRoutes(server: ApiServer, { sourcePriority }: ApiContext): void {
  const tags = ['collection'];

  server.get(
    '/api/v1/sources',
    {
      config: { scope: 'read' },
      schema: {
        tags,
        operationId: 'listSources',
        summary: 'Sources: what they are asked for, and how each of their interfaces does',
        security,
        querystring: noParameters,
        response: { 200: envelopeSchema(Type.Array(sourceSchema)), ...errors },
      },
    },
    async (request, reply) => {
      const { rows } = await request.database.query<{ source: string; apis: unknown[] }>(apisBySource);
      const known = new Map(rows.map(({ source, apis }) => [source, apis]));
      const data = sourceNames.map((source) => ({
        source,
        datasets: datasets.filter((dataset) => sourcePriority[dataset].includes(source)),
        apis: known.get(source) ?? [],
      }));
      return sendFresh(request, reply, ownMeta(), JSON.stringify(data));
    },
  );

  server.get(
    '/api/v1/datasets',
    {
      config: { scope: 'read' },
      schema: {
        tags,
        operationId: 'listDatasets',
        summary: 'Datasets: how far they reach, and how far they should',
        security,
        querystring: noParameters,
        response: { 200: envelopeSchema(Type.Array(datasetSchema)), ...errors },
      },
    },
    async (request, reply) => {
      const data = await findFreshness(request.database, new Date());
      return sendFresh(request, reply, ownMeta(), JSON.stringify(data));
    },
  );

  server.get(
    '/api/v1/runs',
    {
      config: { scope: 'read' },
      schema: {
        tags,
        operationId: 'listRuns',
        summary: 'Attempts to load a dataset, the newest first',
        security,
        querystring: Type.Object(
          { dataset: Type.Optional(Type.String({ enum: [...datasets] })), ...paging },
          { additionalProperties: false },
        ),
        response: { 200: envelopeSchema(Type.Array(runSchema)), ...errors },
      },
    },
    async (request, reply) => {
      const { dataset, limit, cursor } = request.query;
      const before = cursor === undefined ? newestFirst : decodeCursor(cursor, numberKey);
      const { rows } = await request.database.query<JsonRow>(listRuns, [before, dataset, limit]);
      const { data, nextCursor } = pageOf(rows, limit);
      return sendFresh(request, reply, ownMeta(nextCursor), data);
    },
  );
}
