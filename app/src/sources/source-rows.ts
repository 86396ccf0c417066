import { parseSymbol, SymbolError } from '../market/symbol';
import { fromCompactDay, isDay } from '../market/trading-day';
import type { Answer } from './source';
import { SourceError } from './source-error';

/** A row of an upstream, its values by the name of the column. */
export type SourceRow = Readonly<Record<string, unknown>>;

/** A value of a row cannot be read; the rule is stored with the refused row. */
class ValueError extends Error {
  constructor(
    readonly rule: 'unknown_symbol' | 'not_a_day' | 'not_a_number' | 'unknown_value',
    message: string,
  ) {
    super(message);
  }
}

const shown = (value: unknown): string => JSON.stringify(value) ?? 'missing';

/**
 * Checks that an answer has the columns that are read.
 *
 * @throws SourceError of kind `data` naming the missing ones
 */
export function requireColumns(present: readonly string[], required: readonly string[]): void {
  const missing = required.filter((column) => !present.includes(column));
  if (missing.length > 0) {
    throw new SourceError('data', `the answer lacks the columns ${missing.join(', ')}; it has ${present.join(', ')}`);
  }
}

function decimalOf(value: unknown): string | undefined {
  // Very small numbers are written with an exponent, which the database's columns have no digits for.
  const text = typeof value === 'number' && Math.abs(value) < 1e-6 ? value.toFixed(10) : String(value);
  return /^-?\d+(\.\d+)?$/.test(text) ? text : undefined;
}

/** The canonical symbol in a column, given in any form that `parseSymbol` accepts. */
export function symbolIn(row: SourceRow, column: string): string {
  try {
    return parseSymbol(textIn(row, column));
  } catch (error) {
    if (error instanceof SymbolError) throw new ValueError('unknown_symbol', error.message);
    throw error;
  }
}

/** The day in a column, given as 20240102, 2024-01-02 or with a time after it. */
export function dayIn(row: SourceRow, column: string): string {
  const text = fromCompactDay(String(row[column])).slice(0, 10);
  if (!isDay(text)) throw new ValueError('not_a_day', `${column} ${shown(row[column])} is not a day`);
  return text;
}

/** The day in a column, or null where the column is empty. */
export const dayOrNullIn = (row: SourceRow, column: string): string | null =>
  isEmpty(row, column) ? null : dayIn(row, column);

/** Whether a row has nothing in a column. */
export const isEmpty = (row: SourceRow, column: string): boolean =>
  row[column] === null || row[column] === undefined || row[column] === '';

export const textOrNullIn = (row: SourceRow, column: string): string | null =>
  isEmpty(row, column) ? null : String(row[column]);

/** The text in a column. */
export function textIn(row: SourceRow, column: string): string {
  const text = textOrNullIn(row, column);
  if (text === null) throw new ValueError('unknown_value', `${column} is empty`);
  return text;
}

/** The number in a column as decimal text. */
export function decimalIn(row: SourceRow, column: string): string {
  const decimal = decimalOf(row[column]);
  if (decimal === undefined) throw new ValueError('not_a_number', `${column} ${shown(row[column])} is not a number`);
  return decimal;
}

/** The number in a column as decimal text, or null where the column is empty. */
export const decimalOrNullIn = (row: SourceRow, column: string): string | null =>
  isEmpty(row, column) ? null : decimalIn(row, column);

/** A price, or null where there is none yet: sources leave it empty or write 0. */
export function priceOrNullIn(row: SourceRow, column: string): string | null {
  const price = decimalOrNullIn(row, column);
  return price === null || Number(price) === 0 ? null : price;
}

/** The value that stands for the text in a column. */
export function codedIn<T>(row: SourceRow, column: string, values: ReadonlyMap<string, T>): T {
  const value = values.get(String(row[column]));
  if (value === undefined) {
    const allowed = [...values.keys()].join(', ');
    throw new ValueError('unknown_value', `${column} ${shown(row[column])} is none of ${allowed}`);
  }
  return value;
}

/**
 * Reads rows one by one. Those with a value that cannot be read are refused with the reason; those for which `read`
 * gives undefined have nothing for the dataset.
 *
 * @param columns where a row says which stock and day it is about
 */
export function readRows<T>(
  rows: readonly SourceRow[],
  columns: { symbol?: string; day?: string },
  read: (row: SourceRow) => T | undefined,
): Answer<T> {
  const answer: Answer<T> = { rows: [], refused: [] };
  for (const row of rows) {
    try {
      const value = read(row);
      if (value !== undefined) answer.rows.push(value);
    } catch (error) {
      if (!(error instanceof ValueError)) throw error;
      const symbol = columns.symbol ? textOrNullIn(row, columns.symbol) : null;
      answer.refused.push({ symbol, day: readableDay(row, columns.day), rule: error.rule, reason: error.message, row });
    }
  }
  return answer;
}

function readableDay(row: SourceRow, column: string | undefined): string | null {
  try {
    return column ? dayOrNullIn(row, column) : null;
  } catch {
    return null;
  }
}

/** Several answers as one. */
export const joined = <T>(answers: readonly Answer<T>[]): Answer<T> => ({
  rows: answers.flatMap(({ rows }) => rows),
  refused: answers.flatMap(({ refused }) => refused),
});

/** The rows about these stocks, where a source gives all of them; null stands for every stock. */
export const aboutSymbols = <T extends { symbol: string }>(
  { rows, refused }: Answer<T>,
  symbols: readonly string[] | null,
): Answer<T> => ({ rows: rows.filter(({ symbol }) => symbols?.includes(symbol) ?? true), refused });
