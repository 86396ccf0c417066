import type { Queryable } from '../database/pool';
import { integer, joined, type Sql, sql } from '../database/sql';
import { parseSymbol } from '../market/symbol';
import type { SymbolResolver } from '../market/symbol-resolver';
import { fromCompactDay, isDay } from '../market/trading-day';
import { closedMap } from '../runtime/closed-map';
import { listOf } from '../runtime/list-of';
import { ParameterError } from './parameter-error';

const mostRows = 6_000;
/** To skip rows, the database has to read them. */
const mostSkipped = 100_000;
const mostSymbols = 100;
const mostFields = 50;
/** Of every stock; of some stocks it may be any number. */
const mostDays = 31;

/** Adds a value to the statement and gives its place, such as $2. */
type Bind = (value: unknown) => Sql;

/** The condition that a parameter with this text stands for. */
type Filter = (text: string, bind: Bind) => Sql;

/** An interface of Tushare Pro, as a question to our tables. */
interface TushareApi {
  /** Columns by their names upstream; those in `hidden` are answered only when asked for. */
  columns: ReadonlyMap<string, Sql>;
  hidden?: readonly string[];
  from(bind: Bind): Sql;
  order: Sql;
  /** The conditions that parameters stand for. */
  filters: ReadonlyMap<string, Filter>;
  /** Parameters that count when the client gives none. */
  defaults?: Record<string, string>;
}

function dayOf(text: string): string {
  const day = fromCompactDay(text);
  if (!isDay(day)) throw new ParameterError(`'${text}' is not a day; write it as 20240102`);
  return day;
}

export const namesOf = (map: ReadonlyMap<string, unknown>): string => [...map.keys()].join(', ');

function oneOf<T>(text: string, allowed: ReadonlyMap<string, T>): T {
  const value = allowed.get(text);
  if (value === undefined) {
    throw new ParameterError(`'${text}' is not allowed; allowed: ${namesOf(allowed)}`);
  }
  return value;
}

const yyyymmdd = (column: Sql) => sql`to_char(${column}, 'YYYYMMDD')`;
const bySymbol = (column: Sql) => (text: string, bind: Bind) => {
  const names = listOf(text);
  if (names.length > mostSymbols) {
    throw new ParameterError(`${names.length} stocks are too many for one request; allowed are ${mostSymbols}`);
  }
  return sql`${column} = ANY (${bind(names.map(parseSymbol))})`;
};
const onDay = (column: Sql) => (text: string, bind: Bind) => sql`${column} = ${bind(dayOf(text))}`;
const fromDay = (column: Sql) => (text: string, bind: Bind) => sql`${column} >= ${bind(dayOf(text))}`;
const untilDay = (column: Sql) => (text: string, bind: Bind) => sql`${column} <= ${bind(dayOf(text))}`;
const byDays = (column: Sql) => ({
  trade_date: onDay(column),
  start_date: fromDay(column),
  end_date: untilDay(column),
});

const exchanges = closedMap({ SSE: 'SH', SZSE: 'SZ', BSE: 'BJ' });
const statuses = closedMap({ L: 'listed', D: 'delisted', P: 'paused' });
const openOrClosed = closedMap({ '0': false, '1': true });
const suspensionKinds = closedMap({ S: 'suspended', R: 'resumed' });
const statusSql = sql`CASE list_status WHEN 'listed' THEN 'L' WHEN 'delisted' THEN 'D' ELSE 'P' END`;
const exchangeSql = sql`CASE exchange WHEN 'SH' THEN 'SSE' WHEN 'SZ' THEN 'SZSE' ELSE 'BSE' END`;
const marketSql = sql`CASE WHEN exchange = 'BJ' THEN '北交所' WHEN symbol ~ '^68[89]' THEN '科创板' WHEN symbol ~ '^30' THEN '创业板' ELSE '主板' END`;

/** @see https://tushare.pro/document/2 */
export const tushareApis = (factorSources: readonly string[]): ReadonlyMap<string, TushareApi> =>
  closedMap<TushareApi>({
    daily: {
      columns: closedMap({
        ts_code: sql`symbol`,
        trade_date: yyyymmdd(sql`trade_date`),
        open: sql`trim_scale(open)`,
        high: sql`trim_scale(high)`,
        low: sql`trim_scale(low)`,
        close: sql`trim_scale(close)`,
        pre_close: sql`trim_scale(pre_close)`,
        change: sql`trim_scale(change)`,
        pct_chg: sql`trim_scale(pct_chg)`,
        vol: sql`trim_scale(volume * 0.01)`,
        amount: sql`trim_scale(amount * 0.001)`,
      }),
      from: () => sql`stock_data`,
      order: sql`stock_data.trade_date DESC, symbol`,
      filters: closedMap<Filter>({ ts_code: bySymbol(sql`symbol`), ...byDays(sql`trade_date`) }),
    },
    adj_factor: {
      columns: closedMap({
        ts_code: sql`stock.symbol`,
        trade_date: yyyymmdd(sql`factor.trade_date`),
        adj_factor: sql`trim_scale(factor.factor)`,
      }),
      // By stock, since factors are found by stock; each stock has those of the first source that has any.
      from: (bind) => sql`stock
      CROSS JOIN LATERAL (
        SELECT source FROM unnest(${bind(factorSources)}::text[]) WITH ORDINALITY AS candidate (source, place)
        WHERE EXISTS (
          SELECT FROM adjustment_factor AS any_factor
          WHERE any_factor.symbol = stock.symbol AND any_factor.source = candidate.source)
        ORDER BY place LIMIT 1
      ) AS chosen
      JOIN adjustment_factor AS factor ON factor.symbol = stock.symbol AND factor.source = chosen.source`,
      order: sql`factor.trade_date DESC, stock.symbol`,
      filters: closedMap<Filter>({ ts_code: bySymbol(sql`stock.symbol`), ...byDays(sql`factor.trade_date`) }),
    },
    stock_basic: {
      columns: closedMap({
        ts_code: sql`symbol`,
        symbol: sql`left(symbol, 6)`,
        name: sql`name`,
        area: sql`area`,
        industry: sql`industry`,
        market: marketSql,
        list_date: yyyymmdd(sql`list_date`),
        exchange: exchangeSql,
        list_status: statusSql,
        delist_date: yyyymmdd(sql`delist_date`),
      }),
      hidden: ['exchange', 'list_status', 'delist_date'],
      from: () => sql`stock`,
      order: sql`stock.symbol`,
      filters: closedMap<Filter>({
        ts_code: bySymbol(sql`symbol`),
        name: (text, bind) => sql`name = ${bind(text)}`,
        exchange: (text, bind) => sql`exchange = ${bind(oneOf(text, exchanges))}`,
        market: (text, bind) => sql`${marketSql} = ${bind(text)}`,
        list_status: (text, bind) =>
          sql`list_status = ANY (${bind(listOf(text).map((status) => oneOf(status, statuses)))})`,
      }),
      defaults: { list_status: 'L' },
    },
    trade_cal: {
      columns: closedMap({
        exchange: exchangeSql,
        cal_date: yyyymmdd(sql`day`),
        is_open: sql`is_open::int`,
        pretrade_date: sql`(SELECT ${yyyymmdd(sql`max(before.day)`)} FROM exchange_day AS before
                       WHERE before.exchange = exchange_day.exchange AND before.is_open AND before.day < exchange_day.day)`,
      }),
      from: () => sql`exchange_day`,
      order: sql`day DESC`,
      filters: closedMap<Filter>({
        exchange: (text, bind) => sql`exchange = ${bind(oneOf(text, exchanges))}`,
        start_date: fromDay(sql`day`),
        end_date: untilDay(sql`day`),
        is_open: (text, bind) => sql`is_open = ${bind(oneOf(text, openOrClosed))}`,
      }),
      defaults: { exchange: 'SSE' },
    },
    suspend_d: {
      columns: closedMap({
        ts_code: sql`symbol`,
        trade_date: yyyymmdd(sql`day`),
        suspend_timing: sql`timing`,
        suspend_type: sql`CASE kind WHEN 'suspended' THEN 'S' ELSE 'R' END`,
      }),
      from: () => sql`suspension`,
      order: sql`day DESC, symbol, kind`,
      filters: closedMap<Filter>({
        ts_code: bySymbol(sql`symbol`),
        ...byDays(sql`day`),
        suspend_type: (text, bind) => sql`kind = ${bind(oneOf(text, suspensionKinds))}`,
      }),
    },
    bse_mapping: {
      columns: closedMap({
        name: sql`(SELECT name FROM stock WHERE stock.symbol = symbol_alias.symbol)`,
        o_code: sql`old_symbol`,
        n_code: sql`symbol`,
        list_date: sql`(SELECT ${yyyymmdd(sql`list_date`)} FROM stock WHERE stock.symbol = symbol_alias.symbol)`,
      }),
      // Tushare's interface is about Beijing alone.
      from: () => sql`(SELECT * FROM symbol_alias WHERE symbol LIKE '%.BJ') AS symbol_alias`,
      order: sql`symbol_alias.symbol`,
      filters: closedMap<Filter>({ o_code: bySymbol(sql`old_symbol`), n_code: bySymbol(sql`symbol`) }),
    },
  });

/** A request as Tushare's clients send it. */
export interface TushareRequest {
  api_name?: string;
  token?: string;
  params?: Record<string, unknown> | '' | null;
  fields?: string | string[];
}

/** Parameters that are no conditions; the SDK adds ts_type_name, which says where it was sent. */
const pagingNames = new Set(['limit', 'offset', 'ts_type_name']);

const isGiven = (value: unknown): boolean =>
  value !== undefined && value !== null && !(typeof value === 'string' && value.trim() === '');

const isPlain = (value: unknown): boolean => ['string', 'number', 'boolean'].includes(typeof value);

/** A parameter as text, a list of several as one. */
function textOf(name: string, value: unknown): string {
  const values = [value].flat();
  if (!values.every(isPlain)) {
    throw new ParameterError(`${name} ${JSON.stringify(value)} is no text, no number and no list of these`);
  }
  const text = values.join(',');
  if (listOf(text).length > 0) return text;
  throw new ParameterError(`${name} ${JSON.stringify(value)} names nothing; leave it out, or say what is wanted`);
}

function countOf(name: string, value: string | undefined, fallback: number): number {
  if (value === undefined) return fallback;
  if (/^\d{1,15}$/.test(value)) return Number(value);
  throw new ParameterError(`${name} '${value}' is not a whole number from 0`);
}

function offsetOf(value: string | undefined): number {
  const offset = countOf('offset', value, 0);
  if (offset <= mostSkipped) return offset;
  throw new ParameterError(
    `offset ${offset} is above ${mostSkipped}; ask for fewer stocks or days, and begin again at offset 0`,
  );
}

/** @throws ParameterError when the rows asked for are those of every stock on many days */
function requirePart(apiName: string, parameters: ReadonlyMap<string, string>): void {
  if (parameters.has('ts_code') || parameters.has('trade_date')) return;
  if (parameters.has('start_date') && parameters.has('end_date')) {
    const [start, end] = ['start_date', 'end_date'].map((name) => dayOf(parameters.get(name) ?? '')) as [
      string,
      string,
    ];
    if (Date.parse(end) - Date.parse(start) < mostDays * 86_400_000) return;
  }
  throw new ParameterError(
    `${apiName} has rows of every stock and day: add ts_code, trade_date, or start_date and end_date that are at most ${mostDays} days`,
  );
}

/**
 * The parameters that are given, those with a default too. Stocks are asked for by the symbols they have now, under
 * which everything is stored.
 */
export async function parametersOf(api: TushareApi, { params }: TushareRequest, symbols: SymbolResolver) {
  const given = Object.entries(params || {}).filter(([, value]) => isGiven(value));
  const texts = given.map(([name, value]): [string, string] => [name, textOf(name, value)]);
  const parameters = new Map([...Object.entries(api.defaults ?? {}), ...texts]);
  const names = parameters.get('ts_code');
  if (names !== undefined) {
    const resolved = await Promise.all(listOf(names).map((name) => symbols.resolve(name)));
    parameters.set('ts_code', resolved.map(({ symbol }) => symbol).join(','));
  }
  return parameters;
}

/** The statement for a request; it gives one row more than the limit where there are more. */
function statementFor(apiName: string, api: TushareApi, parameters: ReadonlyMap<string, string>, asked: string) {
  const values: unknown[] = [];
  const bind: Bind = (value) => sql`$${integer(values.push(value))}`;
  const from = api.from(bind);

  const filters = [...parameters].filter(([name]) => !pagingNames.has(name));
  const conditions = filters.map(([name, value]) => {
    const filter = api.filters.get(name);
    if (!filter) {
      throw new ParameterError(`${apiName} has no parameter '${name}' here; it has ${namesOf(api.filters)}`);
    }
    return filter(value, bind);
  });

  const usual = [...api.columns.keys()].filter((name) => !api.hidden?.includes(name));
  const fields = asked === '' ? usual : listOf(asked);
  if (fields.length > mostFields)
    throw new ParameterError(`${fields.length} fields are too many; allowed are ${mostFields}`);
  const selected = fields.map((name) => {
    const column = api.columns.get(name);
    if (column === undefined) {
      throw new ParameterError(`${apiName} has no field '${name}' here; it has ${namesOf(api.columns)}`);
    }
    return column;
  });

  if (api.filters.has('trade_date')) requirePart(apiName, parameters);

  const rows = Math.min(countOf('limit', parameters.get('limit'), mostRows) || mostRows, mostRows);
  const text = sql`SELECT json_build_array(${joined(selected, ', ')})::text AS json FROM ${from}
    WHERE ${joined([sql`true`, ...conditions], ' AND ')}
    ORDER BY ${api.order} LIMIT ${bind(rows + 1)} OFFSET ${bind(offsetOf(parameters.get('offset')))}`;
  return { text, values, fields, rows };
}

/**
 * The rows that a request asks for, each as a JSON array of the fields.
 *
 * @param asked fields separated by commas; the usual ones when empty
 * @throws ParameterError
 */
export async function readTushareRows(
  database: Queryable,
  apiName: string,
  api: TushareApi,
  parameters: ReadonlyMap<string, string>,
  asked: string,
): Promise<{ fields: string[]; items: string[]; hasMore: boolean }> {
  const { text, values, fields, rows: limit } = statementFor(apiName, api, parameters, asked);
  const { rows } = await database.query<{ json: string }>(text, values);
  return { fields, items: rows.slice(0, limit).map(({ json }) => json), hasMore: rows.length > limit };
}
