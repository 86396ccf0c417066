import { Type } from 'typebox';
import { marketSubject } from '../../cache/answer-cache';
import { question } from '../../cache/questions';
import { listStocks, readStock } from '../../market/stocks';
import type { ApiContext } from '../api-context';
import type { ApiServer } from '../api-server';
import { decodeCursor, symbolKey } from '../cursor';
import { envelopeSchema, Nullable, ownMeta, provenanceOf, remainder, warningsFor } from '../envelope';
import { errors, noParameters, pageOf, paging, security, symbolParameter } from '../parameters';
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
      const asked = question('stocks', marketSubject, [exchange, status, limit, after, query]);
      const answer = await answers.give(request, asked, async () => {
        const readAt = Date.now();
        const rows = await listStocks(request.database, { exchange, status, query }, { after, limit });
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
      const { json, source } = await readStock(request.database, symbol);
      const sources = [source];
      const meta = { symbol, ...ownMeta(), ...provenanceOf(sources, priority) };
      return sendFresh(request, reply, meta, json, [...warnings, ...warningsFor(sources)]);
    },
  );
}
