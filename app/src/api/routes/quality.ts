import { Type } from 'typebox';
import { datasets, type HistoricalDataset, historicalDatasets } from '../../market/dataset';
import { findGaps } from '../../quality/gaps';
import { listQuarantine } from '../../quality/quarantine';
import type { ApiContext } from '../api-context';
import type { ApiServer } from '../api-server';
import { decodeCursor, numberKey } from '../cursor';
import { envelopeSchema, Nullable, ownMeta } from '../envelope';
import { dayParameter, errors, pageOf, paging, requireOrder, security } from '../parameters';
import { Problem } from '../problem';
import { sendFresh } from '../representation';

const refusedRowSchema = Type.Object(
  {
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
  },
  { title: 'RefusedRow' },
);

const completenessSchema = Type.Object(
  {
    symbol: Nullable(Type.String({ description: 'Null for suspend, which is loaded for all stocks at once' })),
    expected: Type.Integer({ description: 'Days that should have a row: present + suspended + given_up + gaps' }),
    present: Type.Integer(),
    suspended: Type.Integer(),
    given_up: Type.Integer({ description: 'Days whose row was searched for several times in vain' }),
    gaps: Type.Array(Type.String({ format: 'date' }), { description: 'The days without a row and without a reason' }),
  },
  { title: 'Completeness' },
);
/** All stocks of a year are a million days to compare. */
const mostDaysOfAllStocks = 366;

/** Adds the routes of data quality. */
export function addQualityRoutes(server: ApiServer, { symbols }: ApiContext): void {
  server.get(
    '/api/v1/quality/gaps',
    {
      config: { scope: 'read' },
      schema: {
        tags: ['quality'],
        operationId: 'listGaps',
        summary:
          'Days without a daily bar, a factor for a bar, or the suspensions: of one stock, or of every stock that has any',
        security,
        querystring: Type.Object(
          {
            dataset: Type.String({ enum: [...historicalDatasets], default: 'daily' }),
            symbol: Type.Optional(Type.String({ maxLength: 20, description: 'Every stock with gaps when left out' })),
            start: dayParameter('First day'),
            end: dayParameter('Last day'),
          },
          { additionalProperties: false },
        ),
        response: { 200: envelopeSchema(Type.Array(completenessSchema)), ...errors },
      },
    },
    async (request, reply) => {
      const { dataset, symbol, start, end } = request.query;
      requireOrder(start, end);
      const days = (Date.parse(end) - Date.parse(start)) / 86_400_000 + 1;
      if (symbol === undefined && days > mostDaysOfAllStocks) {
        throw new Problem(
          400,
          'invalid_request',
          `start ${start} to end ${end} are ${days} days; for all stocks allowed are ${mostDaysOfAllStocks}`,
        );
      }
      const asked = symbol === undefined ? undefined : await symbols.resolve(symbol);
      const report = await findGaps(
        request.database,
        { symbols: asked ? [asked.symbol] : null, start, end },
        dataset as HistoricalDataset,
      );
      const shown = asked ? report.stocks : report.stocks.filter(({ gaps }) => gaps.length > 0);
      const warnings = [
        ...(asked?.warnings ?? []),
        ...(report.unknownDays > 0 ? [`the trading calendar does not know ${report.unknownDays} of the days`] : []),
      ];
      return sendFresh(request, reply, ownMeta(), JSON.stringify(shown), warnings);
    },
  );

  server.get(
    '/api/v1/quality/quarantine',
    {
      config: { scope: 'read' },
      schema: {
        tags: ['quality'],
        operationId: 'listQuarantine',
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
      const before = cursor === undefined ? undefined : decodeCursor(cursor, numberKey);
      const rows = await listQuarantine(request.database, { dataset, rule }, { before, limit });
      const { data, nextCursor } = pageOf(rows, limit);
      return sendFresh(request, reply, ownMeta(nextCursor), data);
    },
  );
}
