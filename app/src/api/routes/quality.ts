import { Type } from 'typebox';
import { datasets } from '../../market/dataset';
import type { ApiContext, ApiServer } from '../api';
import { decodeCursor, numberKey } from '../cursor';
import { envelopeSchema, fresh, Nullable, ownMeta } from '../envelope';
import { errors, type JsonRow, newestFirst, pageOf, paging, security } from '../parameters';

const refusedRowSchema = Type.Object({
  id: Type.Integer(),
  dataset: Type.String({ enum: [...datasets] }),
  source: Type.String(),
  symbol: Nullable(Type.String()),
  day: Nullable(Type.String({ format: 'date' })),
  rule: Type.String({ description: 'Name of the rule of data quality that the row breaks' }),
  reason: Type.String(),
  row: Type.Unknown({ description: 'The row as the source gave it last' }),
  job_id: Nullable(Type.String({ format: 'uuid' })),
  times: Type.Integer({ description: 'How often the source gave it' }),
  first_seen_at: Type.String({ format: 'date-time' }),
  last_seen_at: Type.String({ format: 'date-time' }),
});

const listQuarantine = `
  SELECT row_to_json(refused)::text AS json, id::text AS key, source FROM quarantine AS refused
  WHERE id < $1 AND ($2::text IS NULL OR dataset = $2) AND ($3::text IS NULL OR rule = $3)
  ORDER BY id DESC LIMIT $4 + 1`;

/** Adds the routes of data quality. */
export function addQualityRoutes(server: ApiServer, { database }: ApiContext): void {
  server.get(
    '/api/v1/quality/quarantine',
    {
      config: { scope: 'read' },
      schema: {
        tags: ['quality'],
        summary: 'Rows that sources gave and that were not stored, the newest first',
        security,
        querystring: Type.Object(
          {
            dataset: Type.Optional(Type.String({ enum: [...datasets] })),
            rule: Type.Optional(Type.String({ pattern: '^[a-z_]+$', maxLength: 50 })),
            ...paging,
          },
          { additionalProperties: false },
        ),
        response: { 200: envelopeSchema(Type.Array(refusedRowSchema)), ...errors },
      },
    },
    async (request, reply) => {
      const { dataset, rule, limit, cursor } = request.query;
      const before = cursor === undefined ? newestFirst : decodeCursor(cursor, numberKey);
      const { rows } = await database.query<JsonRow>(listQuarantine, [before, dataset, rule, limit]);
      const { data, nextCursor } = pageOf(rows, limit);
      return reply.type('application/json; charset=utf-8').send(fresh(request.id, ownMeta(nextCursor), data) as never);
    },
  );
}
