import { Type } from 'typebox';
import { listRuns } from '../../ingest/ingest-run';
import { datasets } from '../../market/dataset';
import { findFreshness } from '../../quality/freshness';
import { sourceNames } from '../../sources/source';
import { describeSourceApis } from '../../sources/source-api';
import type { ApiContext } from '../api-context';
import type { ApiServer } from '../api-server';
import { decodeCursor, numberKey } from '../cursor';
import { envelopeSchema, Nullable, ownMeta } from '../envelope';
import { errors, noParameters, pageOf, paging, security } from '../parameters';
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
        summary: 'Sources: what they are asked for, and how each of their interfaces is doing',
        security,
        querystring: noParameters,
        response: { 200: envelopeSchema(Type.Array(sourceSchema)), ...errors },
      },
    },
    async (request, reply) => {
      const known = await describeSourceApis(request.database);
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
      const before = cursor === undefined ? undefined : decodeCursor(cursor, numberKey);
      const rows = await listRuns(request.database, dataset, { before, limit });
      const { data, nextCursor } = pageOf(rows, limit);
      return sendFresh(request, reply, ownMeta(nextCursor), data);
    },
  );
}
