import type { FastifyRequest } from 'fastify';
import { type TProperties, Type } from 'typebox';
import { marketSubject } from '../../cache/answer-cache';
import { question } from '../../cache/questions';
import type { Database } from '../../database/pool';
import { type Format, formats, writeCsv, writeParquet } from '../../files/tables';
import {
  type Adjustment,
  adjustedDecimals,
  adjustments,
  type FactorSeries,
  requireFactorSeries,
} from '../../market/adjustment';
import {
  allBarFields,
  type BarField,
  type BarRange,
  dayBarFields,
  readBarsAsJson,
  readBarsAsTable,
  stockBarFields,
} from '../../market/bar-pages';
import { requireStock } from '../../market/stocks';
import { dayAfter } from '../../market/trading-day';
import { listOf } from '../../runtime/list-of';
import type { ApiContext } from '../api-context';
import type { ApiServer } from '../api-server';
import { dayKey, decodeCursor, encodeCursor, symbolKey } from '../cursor';
import { envelopeSchema, Nullable, provenanceOf, remainder, units, warningsFor } from '../envelope';
import {
  cursorParameter,
  dayParameter,
  dayRange,
  errors,
  requireDay,
  requireOrder,
  security,
  symbolParameter,
  today,
} from '../parameters';
import { Problem } from '../problem';
import { acceptedFormat, etagOf, sendAnswer } from '../representation';

/** Above every day of one stock and every stock of one day, so that a download is one request. */
const mostRows = 10_000;
const usualRows = 100;
/** How long an answer without rows is kept. */
const negativeSeconds = 30;

const barSchema = Type.Object(
  {
    symbol: Type.Optional(Type.String({ description: 'In the bars of one day' })),
    trade_date: Type.Optional(Type.String({ format: 'date', description: 'In the bars of one stock' })),
    open: Type.Optional(Type.Number()),
    high: Type.Optional(Type.Number()),
    low: Type.Optional(Type.Number()),
    close: Type.Optional(Type.Number()),
    pre_close: Type.Optional(Nullable(Type.Number())),
    change: Type.Optional(Nullable(Type.Number())),
    pct_chg: Type.Optional(Nullable(Type.Number({ description: 'percent; the same however prices are adjusted' }))),
    volume: Type.Optional(Type.Integer({ description: 'shares; never adjusted' })),
    amount: Type.Optional(Type.Number({ description: 'yuan; never adjusted' })),
    source: Type.Optional(Type.String()),
  },
  { title: 'DailyBar', description: 'All fields, or those asked for with `fields`' },
);

const representation = {
  fields: Type.Optional(
    Type.String({
      pattern: '^[a-z_]+(,[a-z_]+)*$',
      maxLength: 200,
      description: 'Fields to answer with: close,volume. When left out all; as JSON without what meta says',
    }),
  ),
  limit: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: mostRows,
      description: `Most rows to answer with; when left out ${usualRows} as JSON and ${mostRows} in the other forms`,
    }),
  ),
  format: Type.Optional(
    Type.String({ enum: [...formats], description: 'Instead of the Accept header. Only JSON has meta and warnings' }),
  ),
};

/** The fields a client asks for, in our order. @throws Problem `invalid_request` */
function chosenFields(text: string, usual: readonly BarField[]): readonly BarField[] {
  const names = listOf(text);
  const unknown = names.find((name) => !allBarFields.includes(name as BarField));
  if (unknown !== undefined) {
    throw new Problem(400, 'invalid_request', `'${unknown}' is not a field; allowed: ${allBarFields.join(', ')}`);
  }
  if (names.length === usual.length && usual.every((field) => names.includes(field))) return usual;
  return allBarFields.filter((field) => names.includes(field));
}

/** Adds the routes of daily bars. */
export function addDailyBarRoutes(server: ApiServer, context: ApiContext): void {
  const { answers, symbols, sourcePriority, cacheSeconds } = context;

  /** A page of bars in the form asked for. */
  async function read(
    database: Database,
    range: BarRange,
    fields: readonly BarField[],
    format: Format,
    meta: object,
    series?: FactorSeries,
  ) {
    const readAt = Date.now();
    const page = await (format === 'json' ? readBarsAsJson : readBarsAsTable)(database, range, fields, series);
    const { sources, lastKey, hasMore } = page;
    const nextCursor = hasMore && lastKey !== null ? encodeCursor(lastKey) : null;
    const wholeMeta = { ...meta, ...provenanceOf(sources, sourcePriority.daily), units, next_cursor: nextCursor };
    const body =
      'json' in page
        ? Buffer.from(remainder(wholeMeta, page.json, warningsFor(sources)))
        : await (format === 'csv' ? writeCsv : writeParquet)(page.table);
    return { body, etag: etagOf(body), nextCursor, readAt, isEmpty: lastKey === null };
  }

  /** How long an answer about days up to the given one is kept. */
  const freshSecondsUntil = (day: string) => (day < today() ? cacheSeconds.historical : cacheSeconds.daily);

  server.get(
    '/api/v1/stocks/:symbol/daily',
    {
      config: { scope: 'read' },
      schema: {
        tags: ['prices'],
        operationId: 'getDailyBars',
        summary: 'Daily bars of a stock in order of the day',
        description: `Adjusted prices (price x factor for hfq, divided by the latest factor known today for qfq) use the factors of one source alone and are rounded to ${adjustedDecimals} decimals, half away from zero. Where no source has them all, the answer is 422 no_adjustment.`,
        security,
        params: symbolParameter,
        querystring: Type.Object(
          {
            ...dayRange,
            adjust: Type.String({ enum: [...adjustments], default: 'none' }),
            ...representation,
            cursor: cursorParameter,
          },
          { additionalProperties: false },
        ),
        response: {
          200: rowsSchema({ symbol: Type.String(), factor_source: Nullable(Type.String()) }),
          ...errors,
        },
      },
    },
    async (request, reply) => {
      const { start, end, adjust, cursor } = request.query;
      requireOrder(start, end);
      const { symbol, warnings } = await symbols.resolve(request.params.symbol);
      const { fields, format, limit } = representationOf(request, request.query, stockBarFields);
      const first = cursor === undefined ? start : firstDayOfPage(cursor, start, end);

      const asked = question('daily', symbol, [symbol, adjust, start, end, limit, first, fields, format]);
      const answer = await answers.give(request, asked, async () => {
        const days = { start, end, today: today() };
        const adjustment = adjust as Adjustment;
        const series =
          adjustment === 'none'
            ? undefined
            : await requireFactorSeries(request.database, symbol, days, adjustment, sourcePriority.adj_factor);
        const meta = { symbol, adjust, factor_source: series?.source ?? null };
        const range = { of: 'stock', symbol, start: first, end, limit } as const;
        const { isEmpty, ...page } = await read(request.database, range, fields, format, meta, series);
        if (isEmpty) await requireStock(request.database, symbol);
        // A new factor changes every price of qfq.
        const lastDay = adjust === 'qfq' ? today() : end;
        return { ...page, freshSeconds: isEmpty ? negativeSeconds : freshSecondsUntil(lastDay) };
      });
      return sendAnswer(request, reply, format, answer, warnings);
    },
  );

  server.get(
    '/api/v1/market/daily',
    {
      config: { scope: 'read' },
      schema: {
        tags: ['prices'],
        operationId: 'getMarketDailyBars',
        summary: 'Daily bars of every stock on one day in order of the symbol, not adjusted',
        security,
        querystring: Type.Object(
          { trade_date: dayParameter('The day'), ...representation, cursor: cursorParameter },
          { additionalProperties: false },
        ),
        response: { 200: rowsSchema({ trade_date: Type.String({ format: 'date' }) }), ...errors },
      },
    },
    async (request, reply) => {
      const { trade_date: day, cursor } = request.query;
      const { fields, format, limit } = representationOf(request, request.query, dayBarFields);
      const after = cursor === undefined ? '' : decodeCursor(cursor, symbolKey);

      const asked = question('market-daily', marketSubject, [day, limit, after, fields, format]);
      const answer = await answers.give(request, asked, async () => {
        const range = { of: 'day', day, after, limit } as const;
        const { isEmpty, ...page } = await read(request.database, range, fields, format, {
          trade_date: day,
          adjust: 'none',
        });
        return { ...page, freshSeconds: isEmpty ? negativeSeconds : freshSecondsUntil(day) };
      });
      return sendAnswer(request, reply, format, answer);
    },
  );
}

/** The day after the last one of the page before. @throws Problem `invalid_cursor` for a day out of the range */
function firstDayOfPage(cursor: string, start: string, end: string): string {
  const lastSeen = requireDay(decodeCursor(cursor, dayKey), cursor);
  if (lastSeen >= start && lastSeen < end) return dayAfter(lastSeen);
  throw new Problem(400, 'invalid_cursor', `cursor '${cursor}' is of another range than ${start} to ${end}`);
}

/** Describes rows in each form, for OpenAPI. */
const rowsSchema = (furtherMeta: TProperties) => ({
  content: {
    'application/json': { schema: envelopeSchema(Type.Array(barSchema), furtherMeta) },
    'text/csv': { schema: Type.String() },
    'application/vnd.apache.parquet': { schema: Type.String({ contentEncoding: 'binary' }) },
  },
});

/** What a client asks to see of the rows, and how. @throws Problem `invalid_request` */
function representationOf(
  request: FastifyRequest,
  { fields, format, limit }: { fields?: string; format?: string; limit?: number },
  fieldsOfJson: readonly BarField[],
): { fields: readonly BarField[]; format: Format; limit: number } {
  const chosen = (format as Format | undefined) ?? acceptedFormat(request.headers.accept);
  const usual = chosen === 'json' ? fieldsOfJson : allBarFields;
  return {
    fields: fields === undefined ? usual : chosenFields(fields, usual),
    format: chosen,
    limit: limit ?? (chosen === 'json' ? usualRows : mostRows),
  };
}
