import type { Database } from '../database/pool';
import { joined, type Sql, sql } from '../database/sql';
import { type Adjustment, adjustedPriceSql, requireFactorSeries } from '../market/adjustment';
import type { SymbolResolver } from '../market/symbol-resolver';
import { dayInShanghai, fromCompactDay, isDay } from '../market/trading-day';
import { closedMap } from '../runtime/closed-map';
import type { SourcePriority } from '../sources/priority';
import { ParameterError } from './parameter-error';

/** A day as AKTools writes it. */
const iso = (column: Sql) => sql`to_char(${column}, 'YYYY-MM-DD"T00:00:00.000"')`;

/** What a period of bars is grouped by. */
const periods = closedMap({
  daily: sql`trade_date`,
  weekly: sql`date_trunc('week', trade_date)`,
  monthly: sql`date_trunc('month', trade_date)`,
});
const adjustments = closedMap<Adjustment>({ '': 'none', qfq: 'qfq', hfq: 'hfq' });

/** @throws ParameterError */
function dayOf(name: string, text: string): string {
  const day = fromCompactDay(text);
  if (isDay(day)) return day;
  throw new ParameterError(`${name} '${text}' is not a day; write it as 20240102`);
}

/** @throws ParameterError */
function oneOf<T>(name: string, text: string, allowed: ReadonlyMap<string, T>): T {
  const value = allowed.get(text);
  if (value !== undefined) return value;
  const names = [...allowed.keys()].map((key) => `'${key}'`).join(', ');
  throw new ParameterError(`${name} '${text}' is not allowed; allowed: ${names}`);
}

const prices = [sql`open`, sql`high`, sql`low`, sql`close`, sql`pre_close`];

function historySql(period: Sql, isAdjusted: boolean): Sql {
  const price = (column: Sql) => (isAdjusted ? adjustedPriceSql(column, sql`factor.factor`, sql`$5::numeric`) : column);
  const shownPrices = prices.map((name) => sql`${price(sql`bar.${name}`)} AS ${name}`);
  const factors = sql`JOIN adjustment_factor AS factor
        ON factor.symbol = bar.symbol AND factor.trade_date = bar.trade_date AND factor.source = $4`;
  return sql`
    WITH bar AS (
      SELECT bar.trade_date, ${joined(shownPrices, ', ')}, volume, amount
      FROM stock_data AS bar
      ${isAdjusted ? factors : sql``}
      WHERE bar.symbol = $1 AND bar.trade_date BETWEEN $2 AND $3
    ), candle AS (
      SELECT max(trade_date) AS day, (array_agg(open ORDER BY trade_date))[1] AS open, max(high) AS high, min(low) AS low,
             (array_agg(close ORDER BY trade_date DESC))[1] AS close,
             (array_agg(pre_close ORDER BY trade_date))[1] AS pre_close, sum(volume) AS volume, sum(amount) AS amount
      FROM bar GROUP BY ${period}
    )
    SELECT coalesce(json_agg(row_to_json(shown) ORDER BY "日期"), '[]')::text AS json
    FROM (
      SELECT ${iso(sql`day`)} AS "日期", left($1, 6) AS "股票代码", trim_scale(open) AS "开盘", trim_scale(close) AS "收盘",
             trim_scale(high) AS "最高", trim_scale(low) AS "最低", round(volume * 0.01)::bigint AS "成交量",
             trim_scale(amount) AS "成交额", round((high - low) / pre_close * 100, 2) AS "振幅",
             round((close / pre_close - 1) * 100, 2) AS "涨跌幅", trim_scale(close - pre_close) AS "涨跌额",
             NULL::numeric AS "换手率"
      FROM candle
    ) AS shown`;
}

type Query = Record<string, string | undefined>;

/** The functions of AKShare that can be answered, each giving JSON text. */
export const aktoolsFunctions = (symbols: SymbolResolver, sourcePriority: SourcePriority) => {
  const readJson = async (database: Database, statement: Sql, values: unknown[] = []) =>
    (await database.query<{ json: string }>(statement, values)).rows[0]?.json as string;
  return closedMap<(database: Database, query: Query) => Promise<string>>({
    stock_zh_a_hist: async (
      database,
      { symbol: name = '', period = 'daily', start_date = '19700101', end_date = '20500101', adjust = '' },
    ) => {
      const [start, end] = [dayOf('start_date', start_date), dayOf('end_date', end_date)];
      if (start > end) throw new ParameterError(`start ${start} is after end ${end}; swap them`);
      const { symbol } = await symbols.resolve(name);
      const grouping = oneOf('period', period, periods);
      const adjustment = oneOf('adjust', adjust, adjustments);
      if (adjustment === 'none') return readJson(database, historySql(grouping, false), [symbol, start, end]);
      const days = { start, end, today: dayInShanghai(new Date()) };
      const series = await requireFactorSeries(database, symbol, days, adjustment, sourcePriority.adj_factor);
      return readJson(database, historySql(grouping, true), [symbol, start, end, series.source, series.divisor]);
    },
    tool_trade_date_hist_sina: (database) =>
      readJson(
        database,
        sql`SELECT coalesce(json_agg(json_build_object('trade_date', ${iso(sql`day`)}) ORDER BY day), '[]')::text AS json
         FROM trading_calendar WHERE is_open`,
      ),
    stock_info_a_code_name: (database) =>
      readJson(
        database,
        sql`SELECT coalesce(json_agg(json_build_object('code', left(symbol, 6), 'name', name) ORDER BY symbol), '[]')::text AS json
         FROM stock WHERE list_status = 'listed'`,
      ),
  });
};
