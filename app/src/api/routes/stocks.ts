import { Type } from 'typebox';
import { cacheSeconds } from '../../answer-cache';
import { parseSymbol, SymbolError } from '../../market/symbol';
import { dayInShanghai, isDay } from '../../market/trading-day';
import type { ApiContext, ApiServer } from '../api';
import { decodeCursor, encodeCursor } from '../cursor';
import { Problem, problemSchema } from '../problem';

const Nullable = <T extends Parameters<typeof Type.Union>[0][number]>(schema: T) => Type.Union([schema, Type.Null()]);

const paging = {
  limit: Type.Integer({ minimum: 1, maximum: 1000, default: 100, description: 'Most rows to answer with' }),
  cursor: Type.Optional(Type.String({ maxLength: 64, description: 'next_cursor of the page before' })),
};
const errors = { '4xx': problemSchema, '5xx': problemSchema };
const security = [{ apiKey: [] }];

const stockSchema = Type.Object({
  symbol: Type.String({ examples: ['600000.SH'] }),
  exchange: Type.String({ enum: ['SH', 'SZ', 'BJ'] }),
  name: Nullable(Type.String()),
  industry: Nullable(Type.String()),
  list_date: Nullable(Type.String({ format: 'date' })),
  source: Type.String(),
});

const dailyBarSchema = Type.Object({
  trade_date: Type.String({ format: 'date' }),
  open: Type.Number(),
  high: Type.Number(),
  low: Type.Number(),
  close: Type.Number(),
  pre_close: Nullable(Type.Number()),
  change: Nullable(Type.Number()),
  pct_chg: Nullable(Type.Number({ description: 'percent' })),
  volume: Type.Integer({ description: 'shares' }),
  amount: Type.Number({ description: 'yuan' }),
  source: Type.String(),
});

const syntheticWarning = "rows of source 'sample' are synthetic: they come from no market";
const warningsFor = (sources: readonly string[]): string[] => (sources.includes('sample') ? [syntheticWarning] : []);

function symbolOrProblem(text: string): string {
  try {
    return parseSymbol(text);
  } catch (error) {
    if (error instanceof SymbolError) throw new Problem(400, 'invalid_symbol', error.message);
    throw error;
  }
}

const isDayKey = /^\d{4}-\d{2}-\d{2}$/;
const isSymbolKey = /^\d{6}\.(SH|SZ|BJ)$/;

// PostgreSQL writes the rows as JSON text, so no number loses a digit and no row is built twice.
const dailyPage = `
  WITH page AS (
    SELECT trade_date, trim_scale(open) AS open, trim_scale(high) AS high, trim_scale(low) AS low,
           trim_scale(close) AS close, trim_scale(pre_close) AS pre_close, trim_scale(change) AS change,
           trim_scale(pct_chg) AS pct_chg, volume, amount, source
    FROM stock_data
    WHERE symbol = $1 AND trade_date >= $2 AND trade_date <= $3 AND trade_date > $4
    ORDER BY trade_date
    LIMIT $5 + 1
  ), shown AS (SELECT * FROM page ORDER BY trade_date LIMIT $5)
  SELECT (SELECT coalesce(string_agg(row_to_json(shown)::text, ',' ORDER BY trade_date), '') FROM shown) AS data,
         (SELECT coalesce(array_agg(DISTINCT source ORDER BY source), '{}') FROM shown) AS sources,
         (SELECT max(trade_date) FROM shown) AS last_day,
         (SELECT count(*) > $5 FROM page) AS has_more`;

interface DailyPage {
  data: string;
  sources: string[];
  last_day: string | null;
  has_more: boolean;
}

/** Adds the routes under /api/v1/stocks. */
export function addStockRoutes(server: ApiServer, { database, cache, metrics }: ApiContext): void {
  server.get(
    '/api/v1/stocks',
    {
      config: { scope: 'read' },
      schema: {
        tags: ['stocks'],
        summary: 'Stocks in order of symbol',
        security,
        querystring: Type.Object(
          {
            exchange: Type.Optional(Type.String({ enum: ['SH', 'SZ', 'BJ'] })),
            query: Type.Optional(
              Type.String({ minLength: 1, maxLength: 50, description: 'Start of the symbol or part of the name' }),
            ),
            ...paging,
          },
          { additionalProperties: false },
        ),
        response: {
          200: Type.Object({
            data: Type.Array(stockSchema),
            meta: Type.Object({ request_id: Type.String(), next_cursor: Nullable(Type.String()) }),
            warnings: Type.Array(Type.String()),
          }),
          ...errors,
        },
      },
    },
    async (request) => {
      const { exchange, query, limit, cursor } = request.query;
      const after = cursor === undefined ? '' : decodeCursor(cursor, isSymbolKey);
      const pattern = query?.replace(/[\\%_]/g, '\\$&');
      const { rows } = await database.query<{ symbol: string; source: string }>(
        `SELECT symbol, exchange, name, industry, list_date, source FROM stock
         WHERE symbol > $1 AND ($2::text IS NULL OR exchange = $2)
           AND ($3::text IS NULL OR symbol LIKE upper($3) || '%' OR name ILIKE '%' || $3 || '%')
         ORDER BY symbol LIMIT $4`,
        [after, exchange, pattern, limit + 1],
      );
      const data = rows.slice(0, limit);
      const last = data.at(-1);
      return {
        data: data as never,
        meta: { request_id: request.id, next_cursor: rows.length > limit && last ? encodeCursor(last.symbol) : null },
        warnings: warningsFor(data.map(({ source }) => source)),
      };
    },
  );

  server.get(
    '/api/v1/stocks/:symbol/daily',
    {
      config: { scope: 'read' },
      schema: {
        tags: ['stocks'],
        summary: 'Daily bars of a stock in order of the day, not adjusted',
        security,
        params: Type.Object({
          symbol: Type.String({ maxLength: 20, description: '600000.SH, or sh600000, 600000, 600000.XSHG, 1.600000' }),
        }),
        querystring: Type.Object(
          {
            start: Type.String({ format: 'date', default: '1990-01-01', description: 'First day' }),
            end: Type.String({ format: 'date', default: '9999-12-31', description: 'Last day' }),
            ...paging,
          },
          { additionalProperties: false },
        ),
        response: {
          200: Type.Object({
            data: Type.Array(dailyBarSchema),
            meta: Type.Object({
              request_id: Type.String(),
              symbol: Type.String(),
              source: Nullable(Type.String({ description: "Where the rows come from, 'mixed' when from several" })),
              next_cursor: Nullable(Type.String()),
              units: Type.Object({ price: Type.String(), volume: Type.String(), amount: Type.String() }),
            }),
            warnings: Type.Array(Type.String()),
          }),
          ...errors,
        },
      },
    },
    async (request, reply) => {
      const symbol = symbolOrProblem(request.params.symbol);
      const { start, end, limit, cursor } = request.query;
      if (start > end) {
        throw new Problem(400, 'invalid_request', `start ${start} is after end ${end}; swap them`);
      }
      const after = cursor === undefined ? '0001-01-01' : decodeCursor(cursor, isDayKey);
      if (!isDay(after)) throw new Problem(400, 'invalid_cursor', `cursor '${cursor}' is not one this list gave`);

      const send = (answer: string) =>
        reply
          .type('application/json; charset=utf-8')
          .send(`{"meta":{"request_id":${JSON.stringify(request.id)},${answer}` as never);
      const cacheKey = `v1:daily:${symbol}:${start}:${end}:${limit}:${after}`;
      const cached = await cache?.find(symbol, cacheKey);
      if (cached !== undefined)
        metrics.cache.inc({ result: cached === null ? 'error' : cached.answer ? 'hit' : 'miss' });
      if (cached?.answer) return send(cached.answer);

      const { rows } = await database.query<DailyPage>({
        name: 'daily-page',
        text: dailyPage,
        values: [symbol, start, end, after, limit],
      });
      const page = rows[0] as DailyPage;
      if (page.last_day === null) await requireKnown(symbol);
      const meta = {
        symbol,
        source: page.sources.length > 1 ? 'mixed' : (page.sources[0] ?? null),
        next_cursor: page.has_more && page.last_day ? encodeCursor(page.last_day) : null,
        units: { price: 'CNY', volume: 'shares', amount: 'CNY' },
      };
      // All but the request id, which differs from one answer to the next.
      const answer = `${JSON.stringify(meta).slice(1)},"data":[${page.data}],"warnings":${JSON.stringify(warningsFor(page.sources))}}`;
      if (cache && cached) {
        const seconds = end < dayInShanghai(new Date()) ? cacheSeconds.historicalData : cacheSeconds.dailyData;
        await cache.store(cacheKey, cached.version, answer, seconds);
      }
      return send(answer);
    },
  );

  async function requireKnown(symbol: string): Promise<void> {
    const { rowCount } = await database.query('SELECT FROM stock WHERE symbol = $1', [symbol]);
    if (!rowCount) {
      throw new Problem(
        404,
        'unknown_symbol',
        `there is no stock ${symbol} here; /api/v1/stocks lists those there are`,
      );
    }
  }
}
