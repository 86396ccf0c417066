import type { Database } from '../database/pool';
import { sql } from '../database/sql';
import { ResultFile } from '../files/result-file';
import { type Format, type Table, writeCsv, writeJson, writeParquet } from '../files/tables';
import { adjustColumn } from '../import/bar-layouts';
import { type Adjustment, NoAdjustment, requireFactorSeries } from '../market/adjustment';
import { type BarField, type BarRange, readBarsAsTable, stockBarFields } from '../market/bar-pages';
import { readNewSymbols } from '../market/new-symbols';
import { dayInShanghai } from '../market/trading-day';
import { readEnvironment } from '../runtime/env';
import { UsageError } from '../runtime/usage-error';
import type { SourceName } from '../sources/source';
import { withDatabase } from './database';

const mostSymbols = 100;
const mostRowsOfStock = 100_000;
const fields: readonly BarField[] = ['symbol', ...stockBarFields];

/** What to export, and where to. */
export interface ExportOrder {
  symbols: string[];
  start: string;
  end: string;
  adjust: Adjustment;
  format: Format;
  /** Where to; - is standard output. */
  file: string;
  /** Whether a regular file of that name may be replaced. */
  overwrite: boolean;
}

async function factorsFor(database: Database, symbol: string, order: ExportOrder, priority: readonly SourceName[]) {
  const { start, end, adjust } = order;
  if (adjust === 'none') return undefined;
  const days = { start, end, today: dayInShanghai(new Date()) };
  return requireFactorSeries(database, symbol, days, adjust, priority).catch((error) => {
    throw error instanceof NoAdjustment ? new UsageError(error.message) : error;
  });
}

async function readTable(database: Database, order: ExportOrder, priority: readonly SourceName[]): Promise<Table> {
  const { start, end, adjust } = order;
  const tables: Table[] = [];
  for (const symbol of order.symbols) {
    const series = await factorsFor(database, symbol, order, priority);
    const range: BarRange = { of: 'stock', symbol, start, end, limit: mostRowsOfStock };
    tables.push((await readBarsAsTable(database, range, fields, series)).table);
  }
  const table: Table = { columns: tables[0]?.columns ?? [], rows: tables.flatMap(({ rows }) => rows) };
  if (adjust === 'none') return table;
  // Prices that are not as traded say so, or nothing would keep them from being imported as if they were.
  return {
    columns: [...table.columns, { name: adjustColumn, type: 'text' }],
    rows: table.rows.map((row) => [...row, adjust]),
  };
}

const writers = { csv: writeCsv, json: writeJson, parquet: writeParquet } as const satisfies Record<
  Format,
  (table: Table) => Promise<Buffer>
>;

/** The symbols that the stocks have now. @throws UsageError naming those that nothing is known of */
async function currentSymbols(database: Database, asked: readonly string[]): Promise<string[]> {
  const newSymbols = await readNewSymbols(database);
  const symbols = [...new Set(asked.map((symbol) => newSymbols.get(symbol) ?? symbol))];
  const { rows } = await database.query<{ unknown: string }>(
    sql`SELECT asked AS unknown FROM unnest($1::text[]) AS asked
        WHERE NOT EXISTS (SELECT FROM stock WHERE symbol = asked)
          AND NOT EXISTS (SELECT FROM stock_data WHERE symbol = asked)`,
    [symbols],
  );
  if (rows.length === 0) return symbols;
  const names = rows.map(({ unknown }) => unknown).join(', ');
  throw new UsageError(`nothing is known of ${names}; \`stock sync stock_basic\` loads the list of stocks`);
}

async function readContent(order: ExportOrder): Promise<Buffer> {
  const environment = readEnvironment('export');
  const table = await withDatabase(environment, async (database) => {
    const symbols = await currentSymbols(database, order.symbols);
    return readTable(database, { ...order, symbols }, environment.SOURCE_PRIORITY.adj_factor);
  });
  return writers[order.format](table);
}

/**
 * Writes daily bars to a file, which is there only once it is whole, or to standard output.
 *
 * @returns number of bytes written
 * @throws UsageError when a stock is unknown, bars cannot be adjusted, there are too many symbols for one file, or its
 * name is taken
 */
export async function exportBars(order: ExportOrder): Promise<number> {
  if (order.start > order.end) throw new UsageError(`--from ${order.start} is after --to ${order.end}; swap them`);
  if (order.symbols.length > mostSymbols) {
    throw new UsageError(`${order.symbols.length} symbols; one file takes up to ${mostSymbols}, so export several`);
  }
  if (order.file === '-') {
    const content = await readContent(order);
    await new Promise((resolve) => process.stdout.write(content, resolve));
    return content.length;
  }
  const file = await ResultFile.create(order.file, { overwrite: order.overwrite });
  try {
    const content = await readContent(order);
    await file.write(content);
    await file.keep();
    return content.length;
  } catch (error) {
    await file.discard();
    throw error;
  }
}
