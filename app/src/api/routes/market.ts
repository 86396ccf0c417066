import { Type } from 'typebox';
import { listFactors } from '../../market/adjustment';
import { listSuspensions } from '../../market/suspensions';
import { exchanges } from '../../market/symbol';
import { listCalendarDays } from '../../market/trading-calendar';
import { sourceNames } from '../../sources/source';
import type { ApiContext } from '../api-context';
import type { ApiServer } from '../api-server';
import { dayKey, decodeCursor, suspensionKey } from '../cursor';
import { envelopeSchema, Nullable, ownMeta, provenanceOf, warningsFor } from '../envelope';
import {
  cursorParameter,
  dayParameter,
  dayRange,
  errors,
  pageOf,
  paging,
  requireDay,
  requireOrder,
  security,
  symbolParameter,
} from '../parameters';
import { sendFresh } from '../representation';

const beforeAllDays = '0001-01-01';

const calendarDaySchema = Type.Object(
  {
    exchange: Type.String({ enum: [...exchanges] }),
    day: Type.String({ format: 'date' }),
    is_open: Type.Boolean(),
    source: Type.String(),
  },
  { title: 'CalendarDay' },
);

const factorSchema = Type.Object(
  {
    trade_date: Type.String({ format: 'date' }),
    factor: Type.Number({ description: 'price x factor is the back-adjusted price (hfq)' }),
  },
  { title: 'AdjustmentFactor' },
);

const suspensionSchema = Type.Object(
  {
    symbol: Type.String(),
    day: Type.String({ format: 'date' }),
    kind: Type.String({ enum: ['suspended', 'resumed'] }),
    timing: Nullable(Type.String({ description: 'Part of the day; null for the whole day' })),
    source: Type.String(),
  },
  { title: 'Suspension' },
);

/** Adds the routes of the trading calendar, adjustment factors and suspensions. */
export function addMarketRoutes(server: ApiServer, { symbols, sourcePriority }: ApiContext): void {
  server.get(
    '/api/v1/calendar',
    {
      config: { scope: 'read' },
      schema: {
        tags: ['market'],
        operationId: 'listCalendarDays',
        summary: 'Days on which an exchange trades or not, in order; a day that is left out is unknown',
        security,
        querystring: Type.Object(
          {
            exchange: Type.String({
              enum: [...exchanges],
              default: 'SH',
              description: 'Beijing keeps the days of Shanghai; Shenzhen has traded on a few others',
            }),
            ...dayRange,
            ...paging,
          },
          { additionalProperties: false },
        ),
        response: { 200: envelopeSchema(Type.Array(calendarDaySchema)), ...errors },
      },
    },
    async (request, reply) => {
      const { exchange, start, end, limit, cursor } = request.query;
      requireOrder(start, end);
      const after = cursor === undefined ? beforeAllDays : requireDay(decodeCursor(cursor, dayKey), cursor);
      const rows = await listCalendarDays(request.database, { exchange, start, end }, { after, limit });
      const { data, nextCursor, sources } = pageOf(rows, limit);
      const meta = { ...ownMeta(nextCursor), ...provenanceOf(sources, sourcePriority.trade_cal) };
      return sendFresh(request, reply, meta, data, warningsFor(sources));
    },
  );

  server.get(
    '/api/v1/adj-factors/:symbol',
    {
      config: { scope: 'read' },
      schema: {
        tags: ['prices'],
        operationId: 'listAdjustmentFactors',
        summary: 'Adjustment factors of a stock in order of the day, all of one source',
        security,
        params: symbolParameter,
        querystring: Type.Object(
          {
            source: Type.Optional(
              Type.String({ enum: [...sourceNames], description: 'When left out, the preferred one that has any' }),
            ),
            ...dayRange,
            ...paging,
          },
          { additionalProperties: false },
        ),
        response: { 200: envelopeSchema(Type.Array(factorSchema), { symbol: Type.String() }), ...errors },
      },
    },
    async (request, reply) => {
      const { source, start, end, limit, cursor } = request.query;
      requireOrder(start, end);
      const { symbol, warnings } = await symbols.resolve(request.params.symbol);
      const after = cursor === undefined ? beforeAllDays : requireDay(decodeCursor(cursor, dayKey), cursor);
      const priority = sourcePriority.adj_factor;
      const candidates = source ? [source] : [...priority, 'sample'];
      const rows = await listFactors(request.database, { symbol, candidates, start, end }, { after, limit });
      const { data, nextCursor, sources } = pageOf(rows, limit);
      const meta = { symbol, ...ownMeta(nextCursor), ...provenanceOf(sources, priority) };
      return sendFresh(request, reply, meta, data, [...warningsFor(sources), ...warnings]);
    },
  );

  server.get(
    '/api/v1/suspensions',
    {
      config: { scope: 'read' },
      schema: {
        tags: ['market'],
        operationId: 'listSuspensions',
        summary: 'Stocks that are suspended or resume on a day, in order of the symbol',
        security,
        querystring: Type.Object(
          { date: dayParameter('The day'), limit: paging.limit, cursor: cursorParameter },
          { additionalProperties: false },
        ),
        response: { 200: envelopeSchema(Type.Array(suspensionSchema)), ...errors },
      },
    },
    async (request, reply) => {
      const { date, limit, cursor } = request.query;
      const [symbol = '', kind = '', id = '0'] =
        cursor === undefined ? [] : decodeCursor(cursor, suspensionKey).split(' ');
      const rows = await listSuspensions(request.database, date, { after: { symbol, kind, id }, limit });
      const { data, nextCursor, sources } = pageOf(rows, limit);
      const meta = { ...ownMeta(nextCursor), ...provenanceOf(sources, sourcePriority.suspend) };
      return sendFresh(request, reply, meta, data, warningsFor(sources));
    },
  );
}
