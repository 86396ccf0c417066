import { parseSymbol, SymbolError } from '../market/symbol';
import { dayInShanghai, isDay } from '../market/trading-day';
import type { Defect } from '../quality/defects';
import type { Fetched } from './source';
import { SourceError } from './source-error';

/** A row of an upstream, its values by the name of the column. */
export type SourceRow = Readonly<Record<string, unknown>>;

/**
 * A value of a row cannot be read; the rule is stored with the refused row. It is no Error: to note the stack for each of
 * a million bad rows takes many times as long as to read them.
 */
class ValueError {
  constructor(
    readonly rule: 'unknown_symbol' | 'not_a_day' | 'not_a_number' | 'unknown_value',
    readonly message: string,
  ) {}
}

const longestShown = 80;

/** A value as a message names it. */
function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? 'missing';
  return text.length > longestShown ? `${text.slice(0, longestShown)}…` : text;
}

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

const longestNumber = 40;

/** Digits with a decimal point and a sign at most: no exponent, no separator of thousands, no space, no other base. */
function decimalOf(value: unknown): string | undefined {
  // Very small numbers are written with an exponent, which the database's columns have no digits for.
  const text = typeof value === 'number' && Math.abs(value) < 1e-6 ? value.toFixed(10) : String(value);
  return text.length <= longestNumber && /^-?\d+(\.\d+)?$/.test(text) ? text : undefined;
}

const mostRemembered = 20_000;

/** What was made of texts that come again in row after row, such as days. */
class Remembered {
  readonly #known = new Map<string, string>();
  readonly #make: (text: string) => string;

  constructor(make: (text: string) => string) {
    this.#make = make;
  }

  get(text: string): string {
    const known = this.#known.get(text);
    if (known !== undefined) return known;
    const made = this.#make(text);
    if (this.#known.size >= mostRemembered) this.#known.clear();
    this.#known.set(text, made);
    return made;
  }
}

const symbols = new Remembered(parseSymbol);

/** The canonical symbol in a column, given in any form that `parseSymbol` accepts. */
export function symbolIn(row: SourceRow, column: string): string {
  try {
    return symbols.get(textIn(row, column));
  } catch (error) {
    if (error instanceof SymbolError) throw new ValueError('unknown_symbol', error.message);
    throw error;
  }
}

const dayForms =
  /^(?<year>\d{4})(?<dash>-?)(?<month>\d{2})\k<dash>(?<date>\d{2})(?:\.0+|[ T]\d{2}:\d{2}[\d:.]*(?<zone>Z|[+-]\d{2}:?\d{2})?)?$/;

/** The day that a text names; empty when it names none. */
const days = new Remembered((text) => {
  const { year, month, date, zone } = dayForms.exec(text)?.groups ?? {};
  const day = `${year}-${month}-${date}`;
  if (!isDay(day)) return '';
  if (zone === undefined) return day;
  const moment = new Date(text.replace(' ', 'T'));
  return Number.isNaN(moment.getTime()) ? '' : dayInShanghai(moment);
});

/**
 * The day in a column: 20240102, 2024-01-02, 20240102.0 as pandas writes a column with gaps, any of the first two with a
 * time after it. A moment with a time zone stands for the day in Shanghai.
 */
export function dayIn(row: SourceRow, column: string): string {
  const day = days.get(String(row[column]));
  if (day !== '') return day;
  throw new ValueError('not_a_day', `${column} ${shown(row[column])} is not a day; write it as 20240102 or 2024-01-02`);
}

/** The day in a column, or null where the column is empty. */
export const dayOrNullIn = (row: SourceRow, column: string): string | null =>
  isEmpty(row, column) ? null : dayIn(row, column);

/** How Python, pandas, R and SQL write that there is no value. */
const emptyTexts: ReadonlySet<unknown> = new Set([
  '',
  'NaN',
  'nan',
  'None',
  'NaT',
  '<NA>',
  'NA',
  'null',
  'NULL',
  '\\N',
]);

/** Whether a row has nothing in a column. */
export const isEmpty = (row: SourceRow, column: string): boolean =>
  row[column] === null || row[column] === undefined || emptyTexts.has(row[column]) || Number.isNaN(row[column]);

/** The text in a column, or null where the column is empty. */
export function textOrNullIn(row: SourceRow, column: string): string | null {
  if (isEmpty(row, column)) return null;
  const text = String(row[column]);
  // The database has no place for it.
  if (text.includes('\0')) throw new ValueError('unknown_value', `${column} ${shown(text)} has a NUL character`);
  return text;
}

/** The text in a column. */
export function textIn(row: SourceRow, column: string): string {
  const text = textOrNullIn(row, column);
  if (text === null) throw new ValueError('unknown_value', `${column} is empty`);
  return text;
}

/** The name in a column as it is usually written: exchanges fill short ones up with spaces and use wide letters. */
export function nameIn(row: SourceRow, column: string): string {
  const name = textIn(row, column).normalize('NFKC').replace(/\s/g, '');
  if (name === '') throw new ValueError('unknown_value', `${column} is empty`);
  return name;
}

/** The number in a column as decimal text. */
export function decimalIn(row: SourceRow, column: string): string {
  const decimal = decimalOrNullIn(row, column);
  if (decimal === null) throw new ValueError('not_a_number', `${column} is empty`);
  return decimal;
}

/** The number in a column as decimal text, or null where the column is empty. */
export function decimalOrNullIn(row: SourceRow, column: string): string | null {
  const decimal = decimalOf(row[column]);
  if (decimal !== undefined) return decimal;
  if (isEmpty(row, column)) return null;
  throw new ValueError('not_a_number', `${column} ${shown(row[column])} is not a number`);
}

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

/** What a row says, or why it cannot be read. */
export type Reading<T> = { value: T; defect?: undefined } | { value?: undefined; defect: Defect };

/** Reads one row; a value that cannot be read is its defect. */
export function readRow<T>(row: SourceRow, read: (row: SourceRow) => T): Reading<T> {
  try {
    return { value: read(row) };
  } catch (error) {
    if (!(error instanceof ValueError)) throw error;
    return { defect: { rule: error.rule, reason: error.message } };
  }
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
): Fetched<T> {
  const answer: Fetched<T> = { rows: [], refused: [] };
  for (const row of rows) {
    const { value, defect } = readRow(row, read);
    if (value !== undefined) answer.rows.push(value);
    if (!defect) continue;
    const symbol = readable(row, columns.symbol, textOrNullIn);
    const day = readable(row, columns.day, dayOrNullIn);
    answer.refused.push({ symbol, day, ...defect, row });
  }
  return answer;
}

function readable(row: SourceRow, column: string | undefined, read: typeof textOrNullIn): string | null {
  try {
    return column ? read(row, column) : null;
  } catch {
    return null;
  }
}

/** Several answers as one. */
export const joined = <T>(answers: readonly Fetched<T>[]): Fetched<T> => ({
  rows: answers.flatMap(({ rows }) => rows),
  refused: answers.flatMap(({ refused }) => refused),
});

/** The rows about these stocks, where a source gives all of them; null stands for every stock. */
export const aboutSymbols = <T extends { symbol: string }>(
  { rows, refused }: Fetched<T>,
  symbols: readonly string[] | null,
): Fetched<T> => ({ rows: rows.filter(({ symbol }) => symbols?.includes(symbol) ?? true), refused });
