import type { Database } from '../database/pool';
import { adjustedPriceSql, type FactorSeries } from '../market/adjustment';
import type { Column, Table } from './tables';

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

/** Which bars are asked for: those of a stock after a day, or those of a day after a symbol. */
export type BarRange =
  | { of: 'stock'; symbol: string; start: string; end: string; after: string; limit: number }
  | { of: 'day'; day: string; after: string; limit: number };

/** A page of bars, without the rows themselves. */
interface Page {
  sources: string[];
  /** Day or symbol of the last bar; null without bars. */
  lastKey: string | null;
  hasMore: boolean;
}

function fieldSql(field: BarField, series: FactorSeries | undefined): string {
  if (fieldTypes[field] !== 'decimal' || field === 'amount') return `bar.${field}`;
  if (!series || !adjustedFields.has(field)) return `trim_scale(bar.${field})`;
  return `trim_scale(${adjustedPriceSql(`bar.${field}`, 'factor.factor', '$7::numeric')})`;
}

/** The fields as one JSON object, written field by field: row_to_json takes twice as long. */
function jsonSql(fields: readonly BarField[], series: FactorSeries | undefined): string {
  const parts = fields.map((field, index) => {
    const sql = fieldSql(field, series);
    const name = `${index === 0 ? '{' : ','}"${field}":`;
    if (fieldTypes[field] === 'date' || field === 'symbol') return `'${name}"', ${sql}, '"'`;
    if (fieldTypes[field] === 'text') return `'${name}', to_json(${sql})`;
    return `'${name}', ${nullableFields.has(field) ? `coalesce(${sql}::text, 'null')` : sql}`;
  });
  return `concat(${parts.join(', ')}, '}')`;
}

/** The bars of a range, one more than its limit, in order; `selected` is what is read of each. */
function pageSql(range: BarRange, selected: string, series: FactorSeries | undefined): string {
  const factors = series
    ? 'JOIN adjustment_factor AS factor ON factor.symbol = bar.symbol AND factor.trade_date = bar.trade_date AND factor.source = $6'
    : '';
  return range.of === 'stock'
    ? `SELECT bar.trade_date AS key, bar.source, ${selected}
       FROM stock_data AS bar ${factors}
       WHERE bar.symbol = $1 AND bar.trade_date >= $2 AND bar.trade_date <= $3 AND bar.trade_date > $4
       ORDER BY bar.trade_date LIMIT $5 + 1`
    : `SELECT bar.symbol AS key, bar.source, ${selected}
       FROM stock_data AS bar
       WHERE bar.trade_date = $1 AND bar.symbol > $2
       ORDER BY bar.symbol LIMIT $3 + 1`;
}

function valuesOf(range: BarRange, series: FactorSeries | undefined): unknown[] {
  if (range.of === 'day') return [range.day, range.after, range.limit];
  const { symbol, start, end, after, limit } = range;
  return [symbol, start, end, after, limit, ...(series ? [series.source, series.divisor] : [])];
}

// Prepared once on each connection; what clients choose freely is not, or there would be a statement for every choice.
const preparedNames = new Map([
  [stockBarFields, 'stock-bars'],
  [dayBarFields, 'day-bars'],
]);

/** A page of bars as a JSON array that PostgreSQL writes, so no number loses a digit and no row is built twice. */
export async function readBarsAsJson(
  database: Database,
  range: BarRange,
  fields: readonly BarField[],
  series?: FactorSeries,
): Promise<Page & { json: string }> {
  const limit = range.of === 'stock' ? '$5' : '$3';
  const shown = `FILTER (WHERE place <= ${limit})`;
  const key = range.of === 'stock' ? 'bar.trade_date' : 'bar.symbol';
  const { rows } = await database.query<{ json: string; sources: string[]; last_key: string; has_more: boolean }>({
    name: series ? undefined : preparedNames.get(fields),
    text: `
      SELECT coalesce(string_agg(json, ',' ORDER BY key) ${shown}, '') AS json,
             coalesce(array_agg(DISTINCT source) ${shown}, '{}') AS sources,
             max(key) ${shown} AS last_key,
             count(*) > ${limit} AS has_more
      FROM (${pageSql(range, `${jsonSql(fields, series)} AS json, row_number() OVER (ORDER BY ${key}) AS place`, series)}) AS page`,
    values: valuesOf(range, series),
  });
  const { json, sources, last_key, has_more } = rows[0] as (typeof rows)[0];
  return { json: `[${json}]`, sources, lastKey: last_key, hasMore: has_more };
}

/** A page of bars as a table. */
export async function readBarsAsTable(
  database: Database,
  range: BarRange,
  fields: readonly BarField[],
  series?: FactorSeries,
): Promise<Page & { table: Table }> {
  const selected = fields.map((field) => `${fieldSql(field, series)}::text`).join(', ');
  const { rows } = await database.query<(string | null)[]>({
    text: pageSql(range, selected, series),
    values: valuesOf(range, series),
    rowMode: 'array',
  });
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
