import { randomBytes } from 'node:crypto';
import { rename, rm, writeFile } from 'node:fs/promises';
import { type BarField, type BarRange, readBarsAsJson, readBarsAsTable, stockBarFields } from '../api/daily-bars';
import type { Format } from '../api/representation';
import { type Table, writeCsv, writeParquet } from '../api/tables';
import { UsageError } from '../cli/terminal';
import type { Database } from '../database/pool';
import { readEnvironment } from '../env';
import { type Adjustment, explainMissingFactors, findFactorSeries } from '../market/adjustment';
import { dayInShanghai } from '../market/trading-day';
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
  file: string;
}

async function factorsFor(database: Database, symbol: string, order: ExportOrder, priority: readonly SourceName[]) {
  const { start, end, adjust } = order;
  if (adjust === 'none') return undefined;
  const days = { start, end, today: dayInShanghai(new Date()) };
  const series = await findFactorSeries(database, symbol, days, adjust, priority);
  if (!series) {
    throw new UsageError(
      `${await explainMissingFactors(database, symbol, days, priority)}; load adj_factor of them, or use --adjust none`,
    );
  }
  return series;
}

async function contentOf(database: Database, order: ExportOrder, priority: readonly SourceName[]): Promise<Buffer> {
  const texts: string[] = [];
  const tables: Table[] = [];
  for (const symbol of order.symbols) {
    const series = await factorsFor(database, symbol, order, priority);
    const range: BarRange = {
      of: 'stock',
      symbol,
      start: order.start,
      end: order.end,
      limit: mostRowsOfStock,
    };
    if (order.format === 'json') texts.push((await readBarsAsJson(database, range, fields, series)).json.slice(1, -1));
    else tables.push((await readBarsAsTable(database, range, fields, series)).table);
  }
  if (order.format === 'json') return Buffer.from(`[${texts.filter((text) => text !== '').join(',')}]\n`);
  const table: Table = { columns: tables[0]?.columns ?? [], rows: tables.flatMap(({ rows }) => rows) };
  return order.format === 'csv' ? writeCsv(table) : writeParquet(table);
}

/**
 * Writes daily bars to a file, which is there only once it is whole; one of that name is replaced.
 *
 * @returns number of bytes written
 * @throws UsageError when bars cannot be adjusted or there are too many symbols for one file
 */
export async function exportBars(order: ExportOrder): Promise<number> {
  if (order.start > order.end) throw new UsageError(`--from ${order.start} is after --to ${order.end}; swap them`);
  if (order.symbols.length > mostSymbols) {
    throw new UsageError(`${order.symbols.length} symbols; one file takes up to ${mostSymbols}, so export several`);
  }
  const environment = readEnvironment('export');
  const content = await withDatabase(environment, (database) =>
    contentOf(database, order, environment.SOURCE_PRIORITY.adj_factor),
  );
  const unfinished = `${order.file}.${randomBytes(4).toString('hex')}.part`;
  try {
    await writeFile(unfinished, content);
    await rename(unfinished, order.file);
  } catch (error) {
    await rm(unfinished, { force: true });
    throw error;
  }
  return content.length;
}
