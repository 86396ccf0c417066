import { Type } from 'typebox';
import { marketSubject } from '../../cache/answer-cache';
import { sql } from '../../database/sql';
import { searchForm } from '../../market/stock-search';
import type { ApiContext } from '../api-context';
import type { ApiServer } from '../api-server';
import { decodeCursor, symbolKey } from '../cursor';
import { envelopeSchema, Nullable, ownMeta, provenanceOf, remainder, warningsFor } from '../envelope';
import {
  errors,
  type JsonRow,
  noParameters,
  pageOf,
  paging,
  rowAsJson,
  security,
  symbolParameter,
} from '../parameters';
import { Problem } from '../problem';
import { etagOf, sendAnswer, sendFresh } from '../representation';

const stockSchema = Type.Object(
  {
    symbol: Type.String({ examples: ['600000.SH'] }),
    exchange: Type.String({ enum: ['SH', 'SZ', 'BJ'] }),
    name: Nullable(Type.String()),
    area: Nullable(Type.String()),
    industry: Nullable(Type.String()),
    list_status: Type.String({ enum: ['listed', 'paused', 'delisted'] }),
    list_date: Nullable(Type.String({ format: 'date' })),
    delist_date: Nullable(Type.String({ format: 'date' })),
    source: Type.String(),
  },
  { title: 'Stock' },
);

const stockJson = rowAsJson(sql`symbol, exchange, name, area, industry, list_status, list_date, delist_date, source`);

const list = sql`
  SELECT ${stockJson} AS json, symbol AS key, source FROM stock
  WHERE symbol > $1 AND ($2::text IS NULL OR exchange = $2)
    AND ($3::text IS NULL OR symbol LIKE upper($3) || '%'
         OR symbol IN (SELECT alias.symbol FROM symbol_alias AS alias WHERE alias.old_symbol LIKE upper($3) || '%')
         OR coalesce(search, replace(lower(name), ' ', '')) LIKE '%' || $3 || '%')
    AND ($4::text IS NULL OR list_status = $4)
  ORDER BY symbol LIMIT $5 + 1`;

/** Adds the routes of the list of stocks. */
export function addStockRoutes(server: ApiServer, context: ApiContext): void {
  const { answers, cacheSeconds, sourcePriority, symbols } = context;
  const priority = sourcePriority.stock_basic;

  server.get(
    '/api/v1/stocks',
    {
      config: { scope: 'read' },
      schema: {
        tags: ['stocks'],
        operationId: 'listStocks',
        summary: 'Stocks in order of symbol',
        security,
        querystring: Type.Object(
          {
            exchange: Type.Optional(Type.String({ enum: ['SH', 'SZ', 'BJ'] })),
            status: Type.Optional(Type.String({ enum: ['listed', 'paused', 'delisted'] })),
            query: Type.Optional(
              Type.String({
                minLength: 1,
                maxLength: 50,
                description:
                  'Start of the symbol, part of the name, or of the name in pinyin or its initials: 万科, wanke, wka',
              }),
            ),
            ...paging,
          },
          { additionalProperties: false },
        ),
        response: { 200: envelopeSchema(Type.Array(stockSchema)), ...errors },
      },
    },
    async (request, reply) => {
      const { exchange, status, query, limit, cursor } = request.query;
      const after = cursor === undefined ? '' : decodeCursor(cursor, symbolKey);
      const pattern = query && searchForm(query).replace(/[\\%_]/g, '\\$&');
      const key = [exchange, status, limit, after, query].join(':');
      const answer = await answers.give(request, { kind: 'stocks', subject: marketSubject, key }, async () => {
        const readAt = Date.now();
        const { rows } = await request.database.query<JsonRow>({
          name: 'list-stocks',
          text: list,
          values: [after, exchange, pattern, status, limit],
        });
        const { data, nextCursor, sources } = pageOf(rows, limit);
        const meta = { ...ownMeta(nextCursor), ...provenanceOf(sources, priority) };
        const body = Buffer.from(remainder(meta, data, warningsFor(sources)));
        return { body, etag: etagOf(body), nextCursor, readAt, freshSeconds: cacheSeconds.daily };
      });
      return sendAnswer(request, reply, 'json', answer);
    },
  );

  server.get(
    '/api/v1/stocks/:symbol',
    {
      config: { scope: 'read' },
      schema: {
        tags: ['stocks'],
        operationId: 'getStock',
        summary: 'A stock',
        security,
        params: symbolParameter,
        querystring: noParameters,
        response: { 200: envelopeSchema(stockSchema, { symbol: Type.String() }), ...errors },
      },
    },
    async (request, reply) => {
      const { symbol, warnings } = await symbols.resolve(request.params.symbol);
      const { rows } = await request.database.query<{ json: string; source: string }>(
        sql`SELECT ${stockJson} AS json, source FROM stock WHERE symbol = $1`,
        [symbol],
      );
      const found = rows[0];
      if (!found) throw unknownSymbol(symbol);
      const sources = [found.source];
      const meta = { symbol, ...ownMeta(), ...provenanceOf(sources, priority) };
      return sendFresh(request, reply, meta, found.json, [...warnings, ...warningsFor(sources)]);
    },
  );
}

export const unknownSymbol = (symbol: string): Problem =>
  new Problem(404, 'unknown_symbol', `there is no stock ${symbol} here; /api/v1/stocks lists those there are`);
