import { Type } from 'typebox';
import { quotesSubject } from '../../cache/answer-cache';
import { question } from '../../cache/questions';
import type { Database } from '../../database/pool';
import { readQuotes } from '../../market/quotes';
import type { ApiContext } from '../api-context';
import type { ApiServer } from '../api-server';
import { envelopeSchema, Nullable, ownMeta, provenanceOf, remainder, units, warningsFor } from '../envelope';
import { errors, noParameters, security, symbolParameter } from '../parameters';
import { Problem } from '../problem';
import { etagOf, sendAnswer } from '../representation';
import { resolveList, symbolsParameter } from '../symbol-list';

const quoteSchema = Type.Object(
  {
    symbol: Type.String(),
    price: Type.Number(),
    open: Nullable(Type.Number()),
    high: Nullable(Type.Number()),
    low: Nullable(Type.Number()),
    pre_close: Nullable(Type.Number()),
    change: Nullable(Type.Number({ description: 'price against pre_close' })),
    pct_chg: Nullable(Type.Number({ description: 'price against pre_close, in percent' })),
    volume: Type.Integer({ description: 'shares since the opening' }),
    amount: Type.Number({ description: 'yuan since the opening' }),
    quoted_at: Type.String({ format: 'date-time' }),
    source: Type.String(),
  },
  { title: 'Quote' },
);

/** Adds the routes of the current session's quotes. */
export function addQuoteRoutes(server: ApiServer, context: ApiContext): void {
  const { answers, symbols, sourcePriority, cacheSeconds } = context;

  /** The quotes that there are of some stocks, in the order asked for. */
  async function read(database: Database, asked: readonly string[]) {
    const readAt = Date.now();
    const rows = await readQuotes(database, asked);
    const sources = [...new Set(rows.map(({ source }) => source))];
    const meta = { ...ownMeta(), ...provenanceOf(sources, sourcePriority.realtime), units };
    return { rows, meta, readAt, warnings: warningsFor(sources) };
  }

  const asAnswer = (meta: object, data: string, warnings: readonly string[], readAt: number) => {
    const body = Buffer.from(remainder(meta, data, warnings));
    return { body, etag: etagOf(body), nextCursor: null, readAt, freshSeconds: cacheSeconds.realtime };
  };

  server.get(
    '/api/v1/stocks/:symbol/quote',
    {
      config: { scope: 'read' },
      schema: {
        tags: ['quotes'],
        operationId: 'getQuote',
        summary: 'Price of a stock in the current or last session',
        security,
        params: symbolParameter,
        querystring: noParameters,
        response: { 200: envelopeSchema(quoteSchema, { symbol: Type.String() }), ...errors },
      },
    },
    async (request, reply) => {
      const { symbol, warnings } = await symbols.resolve(request.params.symbol);
      const answer = await answers.give(request, question('quote', quotesSubject, [symbol]), async () => {
        const { rows, meta, warnings: ofRows, readAt } = await read(request.database, [symbol]);
        const quote = rows[0];
        if (!quote)
          throw new Problem(404, 'no_quote', `there is no quote of ${symbol}; quotes are collected in sessions`);
        return asAnswer({ symbol, ...meta }, quote.json, ofRows, readAt);
      });
      return sendAnswer(request, reply, 'json', answer, warnings);
    },
  );

  server.get(
    '/api/v1/quotes',
    {
      config: { scope: 'read' },
      schema: {
        tags: ['quotes'],
        operationId: 'listQuotes',
        summary: 'Prices of several stocks in the current or last session',
        description: 'A stock without a quote is left out and named in a warning.',
        security,
        querystring: Type.Object({ symbols: symbolsParameter }, { additionalProperties: false }),
        response: { 200: envelopeSchema(Type.Array(quoteSchema)), ...errors },
      },
    },
    async (request, reply) => {
      const resolved = await resolveList(symbols, request.query.symbols);
      const asked = resolved.map(({ symbol }) => symbol);
      const answer = await answers.give(request, question('quotes', quotesSubject, asked), async () => {
        const { rows, meta, warnings, readAt } = await read(request.database, asked);
        const missing = asked.filter((symbol) => !rows.some((row) => row.symbol === symbol));
        const gaps = missing.length > 0 ? [`there is no quote of ${missing.join(', ')}`] : [];
        return asAnswer(meta, `[${rows.map(({ json }) => json).join(',')}]`, [...warnings, ...gaps], readAt);
      });
      return sendAnswer(
        request,
        reply,
        'json',
        answer,
        resolved.flatMap(({ warnings }) => warnings),
      );
    },
  );
}
