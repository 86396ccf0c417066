import type { Database } from '../database/pool';
import { identifier, joined, literal, type Sql, sql } from '../database/sql';
import type { Column, Table } from '../files/tables';
import { adjustedPriceSql, type FactorSeries } from './adjustment';

const fieldTypes = {
  symbol: 'text',
  trade_date: 'date',
  open: 'decimal',
  high: 'decimal',
  low: 'decimal',
  close: 'decimal',
  pre_close: 'decimal',
  change: 'decimal',
  pct_chg: 'decimal',
  volume: 'integer',
  amount: 'decimal',
  source: 'text',
} as const satisfies Record<string, Column['type']>;

/** A field of a daily bar, as answers name it. */
export type BarField = keyof typeof fieldTypes;
/** All of them: tables, which have no meta, say in each row which stock and day it is about. */
export const allBarFields = Object.keys(fieldTypes) as readonly BarField[];
/** Fields of the bars of one stock. */
export const stockBarFields: readonly BarField[] = (Object.keys(fieldTypes) as BarField[]).filter(
  (field) => field !== 'symbol',
);
/** Fields of the bars of one day. */
export const dayBarFields: readonly BarField[] = (Object.keys(fieldTypes) as BarField[]).filter(
  (field) => field !== 'trade_date',
);

const adjustedFields = new Set<BarField>(['open', 'high', 'low', 'close', 'pre_close', 'change']);
const nullableFields = new Set<BarField>(['pre_close', 'change', 'pct_chg']);

/** Which bars are asked for: those of a stock from a day on, or those of a day after a symbol. */
export type BarRange =
  | { of: 'stock'; symbol: string; start: string; end: string; limit: number }
  | { of: 'day'; day: string; after: string; limit: number };

/** A page of bars, without the rows themselves. */
interface Page {
  /** Each once; of more than two at least two, and 'sample' if it is among them. */
  sources: string[];
  /** Day or symbol of the last bar; null without bars. */
  lastKey: string | null;
  hasMore: boolean;
}

function fieldSql(field: BarField, series: FactorSeries | undefined): Sql {
  const column = sql`bar.${identifier(field)}`;
  if (fieldTypes[field] !== 'decimal' || field === 'amount') return column;
  if (!series || !adjustedFields.has(field)) return sql`trim_scale(${column})`;
  return sql`trim_scale(${adjustedPriceSql(column, sql`factor.factor`, sql`$6::numeric`)})`;
}

/** The fields as one JSON object, written field by field: row_to_json takes twice as long. */
function jsonSql(fields: readonly BarField[], series: FactorSeries | undefined): Sql {
  const parts = fields.map((field, index) => {
    const value = fieldSql(field, series);
    const name = `${index === 0 ? '{' : ','}"${field}":`;
    // Days, symbols and names of sources hold nothing that JSON would have to escape.
    if (['date', 'text'].includes(fieldTypes[field])) return sql`${literal(`${name}"`)}, ${value}, '"'`;
    return sql`${literal(name)}, ${nullableFields.has(field) ? sql`coalesce(${value}::text, 'null')` : value}`;
  });
  return sql`concat(${joined(parts, ', ')}, '}')`;
}

const wholeTable = 'stock_data';
const mostPartitions = 2;

/** A table to read bars of, and what tells its statements from those of others. */
interface BarTable {
  sql: Sql;
  name: string;
}

const everyPartition: BarTable = { sql: identifier(wholeTable), name: wholeTable };

/**
 * The table that holds a range: of few years their partitions, because to plan a statement for the whole table takes
 * longer than to read a page.
 */
function narrowestTable(range: BarRange): BarTable {
  const [first, last] = range.of === 'stock' ? [range.start, range.end] : [range.day, range.day];
  const firstYear = Number(first.slice(0, 4));
  // There are no bars of the future.
  const lastYear = Math.min(Number(last.slice(0, 4)), new Date().getUTCFullYear());
  const years = lastYear - firstYear + 1;
  if (years < 1 || years > mostPartitions) return everyPartition;
  const partitions = Array.from({ length: years }, (_, index) => identifier(`${wholeTable}_${firstYear + index}`));
  const rows = partitions.map((partition) => sql`SELECT * FROM ${partition}`);
  return { sql: sql`(${joined(rows, ' UNION ALL ')})`, name: `${wholeTable}_${firstYear}_${lastYear}` };
}

/** Which bars of a table are in the range; the parameters are the same in every statement. */
interface Conditions {
  key: Sql;
  /** The bars of a page, without its limit. */
  inRange: Sql;
  /** Those that come after a key. */
  after: (key: Sql) => Sql;
  limit: Sql;
}

const conditions: Record<BarRange['of'], Conditions> = {
  // Pairs are compared so that only the index that begins with the symbol fits, whatever the planner expects of the days.
  stock: {
    key: sql`bar.trade_date`,
    inRange: sql`bar.symbol = $1 AND (bar.symbol, bar.trade_date) >= ($1, $2::date) AND (bar.symbol, bar.trade_date) <= ($1, $3::date)`,
    after: (key) =>
      sql`bar.symbol = $1 AND (bar.symbol, bar.trade_date) > ($1, ${key}) AND (bar.symbol, bar.trade_date) <= ($1, $3::date)`,
    limit: sql`$4`,
  },
  day: {
    key: sql`bar.symbol`,
    inRange: sql`bar.trade_date = $1 AND bar.symbol > $2`,
    after: (key) => sql`bar.trade_date = $1 AND bar.symbol > ${key}`,
    limit: sql`$3`,
  },
};

/** The bars of a page in order; `selected` is what is read of each. */
function pageSql(range: BarRange, table: BarTable, selected: Sql, series: FactorSeries | undefined): Sql {
  const { key, inRange, limit } = conditions[range.of];
  const factors = series
    ? sql`JOIN adjustment_factor AS factor ON factor.symbol = bar.symbol AND factor.trade_date = bar.trade_date AND factor.source = $5`
    : sql``;
  return sql`SELECT ${key} AS key, bar.source, ${selected} FROM ${table.sql} AS bar ${factors}
          WHERE ${inRange} ORDER BY ${key} LIMIT ${limit}`;
}

function valuesOf(range: BarRange, series: FactorSeries | undefined): unknown[] {
  if (range.of === 'day') return [range.day, range.after, range.limit];
  const { symbol, start, end, limit } = range;
  return [symbol, start, end, limit, ...(series ? [series.source, series.divisor] : [])];
}

// Prepared once on each connection; what clients choose freely is not, or there would be a statement for every choice.
const preparedNames = new Map([
  [stockBarFields, 'stock-bars'],
  [dayBarFields, 'day-bars'],
]);

/** Asks the narrowest table there is: a year without a partition is asked of the whole. */
async function askNarrowest<T>(range: BarRange, ask: (table: BarTable) => Promise<T>): Promise<T> {
  try {
    return await ask(narrowestTable(range));
  } catch (error) {
    if ((error as { code?: string }).code !== undefinedTable) throw error;
    return ask(everyPartition);
  }
}

/** @see https://www.postgresql.org/docs/current/errcodes-appendix.html */
const undefinedTable = '42P01';

interface JsonPage {
  json: string;
  sources: string[];
  last_key: string | null;
  has_more: boolean;
}

/** A page of bars as a JSON array that PostgreSQL writes, so no number loses a digit and no row is built twice. */
export async function readBarsAsJson(
  database: Database,
  range: BarRange,
  fields: readonly BarField[],
  series?: FactorSeries,
): Promise<Page & { json: string }> {
  const { after, limit } = conditions[range.of];
  const prepared = series ? undefined : preparedNames.get(fields);
  const { rows } = await askNarrowest(range, (table) =>
    database.query<JsonPage>({
      name: prepared && `${prepared}-of-${table.name}`,
      text: sql`
        SELECT coalesce(string_agg(json, ','), '') AS json,
               array_remove(ARRAY[min(source), max(source), CASE WHEN bool_or(source = 'sample') THEN 'sample' END], NULL) AS sources,
               max(key) AS last_key,
               count(*) = ${limit} AND EXISTS (SELECT FROM ${table.sql} AS bar WHERE ${after(sql`max(page.key)`)}) AS has_more
        FROM (${pageSql(range, table, sql`${jsonSql(fields, series)} AS json`, series)}) AS page`,
      values: valuesOf(range, series),
    }),
  );
  const { json, sources, last_key, has_more } = rows[0] as JsonPage;
  return { json: `[${json}]`, sources: [...new Set(sources)], lastKey: last_key, hasMore: has_more };
}

/** A page of bars as a table. */
export async function readBarsAsTable(
  database: Database,
  range: BarRange,
  fields: readonly BarField[],
  series?: FactorSeries,
): Promise<Page & { table: Table }> {
  const selected = joined(
    fields.map((field) => sql`${fieldSql(field, series)}::text`),
    ', ',
  );
  const { rows } = await askNarrowest(range, (table) =>
    database.query<(string | null)[]>({
      text: pageSql(range, table, selected, series),
      values: valuesOf({ ...range, limit: range.limit + 1 }, series),
      rowMode: 'array',
    }),
  );
  const shown = rows.slice(0, range.limit);
  return {
    table: {
      columns: fields.map((name) => ({ name, type: fieldTypes[name] })),
      rows: shown.map(([_key, _source, ...row]) => row),
    },
    sources: [...new Set(shown.map(([_key, source]) => source as string))],
    lastKey: shown.at(-1)?.[0] ?? null,
    hasMore: rows.length > range.limit,
  };
}
