import type { DailyBar } from '../market/daily-bar';
import { parseSymbol, SymbolError } from '../market/symbol';
import { isDay } from '../market/trading-day';
import { findBarDefect } from '../quality/rules';
import { dailyColumns } from '../sources/tushare';

/** A row that cannot be stored. */
export interface RejectedRow {
  /** Line of the file, the header being line 1. */
  lineNumber: number;
  reason: string;
  text: string;
}

/** The file as a whole is not a Tushare `daily` CSV file. */
export class CsvFormatError extends Error {}

/** Where the columns are in a row. */
type Positions = Record<(typeof dailyColumns)[number], number>;

const firstTradingYear = 1990;
const daysPerYear = 12 * 31;
const sharesPerLot = 100;
const yuanPerThousand = 1000;

const fieldsOf = (line: string): string[] => (line.includes('"') ? line.replaceAll('"', '') : line).split(',');

type Reading = { value: string } | { defect: string };

function readSymbol(text: string, newSymbols: ReadonlyMap<string, string>): Reading {
  try {
    const symbol = parseSymbol(text);
    return { value: newSymbols.get(symbol) ?? symbol };
  } catch (error) {
    if (error instanceof SymbolError) return { defect: error.message };
    throw error;
  }
}

function readDay(text: string, today: string): Reading {
  const day = `${text.slice(0, 4)}-${text.slice(4, 6)}-${text.slice(6)}`;
  if (text.length !== 8 || !isDay(day)) return { defect: `trade_date '${text}' is not a day written as YYYYMMDD` };
  if (Number(text.slice(0, 4)) < firstTradingYear)
    return { defect: `trade_date ${text} is before ${firstTradingYear}` };
  if (day > today) return { defect: `trade_date ${text} is in the future; today in Shanghai is ${today}` };
  return { value: day };
}

/** Readings by text: a file repeats few symbols and few days many times over. */
class Remembered {
  readonly #readings = new Map<string, Reading>();
  readonly #read: (text: string) => Reading;

  constructor(read: (text: string) => Reading) {
    this.#read = read;
  }

  get(text: string): Reading {
    let reading = this.#readings.get(text);
    if (!reading) {
      reading = this.#read(text);
      this.#readings.set(text, reading);
    }
    return reading;
  }
}

/** Remembers which days of which symbols have been seen, one bit each. */
class SeenDays {
  readonly #bits = new Map<string, Uint8Array>();

  /** Whether this is the first time. */
  add(symbol: string, day: string): boolean {
    let bits = this.#bits.get(symbol);
    if (!bits) {
      bits = new Uint8Array(Math.ceil((daysPerYear * 150) / 8));
      this.#bits.set(symbol, bits);
    }
    const dayNumber = (Number(day.slice(0, 4)) - firstTradingYear) * daysPerYear;
    const bit = dayNumber + (Number(day.slice(5, 7)) - 1) * 31 + Number(day.slice(8)) - 1;
    const mask = 1 << (bit & 7);
    const seen = (bits[bit >> 3] ?? 0) & mask;
    bits[bit >> 3] = (bits[bit >> 3] ?? 0) | mask;
    return seen === 0;
  }
}

/**
 * Reads the rows of Tushare's `daily` interface from CSV text: trade_date as YYYYMMDD, vol in lots of 100 shares,
 * amount in thousand yuan. Columns are found by name; others are ignored. Every row comes out once, as a bar or as
 * a rejected row.
 *
 * @see https://tushare.pro/document/2?doc_id=27
 */
export class TushareCsvReader {
  #lineNumber = 0;
  #positions: Positions | undefined;
  #fieldCount = 0;
  readonly #seen = new SeenDays();
  readonly #symbols: Remembered;
  readonly #days: Remembered;

  /**
   * @param today the current day in Shanghai; later rows are rejected
   * @param newSymbols symbols of renumbered stocks by their old ones
   */
  constructor(today: string, newSymbols: ReadonlyMap<string, string> = new Map()) {
    this.#symbols = new Remembered((text) => readSymbol(text, newSymbols));
    this.#days = new Remembered((text) => readDay(text, today));
  }

  /**
   * Takes the next lines of the file, whole and in order.
   *
   * @throws CsvFormatError when the first line is not the header
   */
  read(lines: readonly string[]): { bars: DailyBar[]; rejected: RejectedRow[] } {
    const bars: DailyBar[] = [];
    const rejected: RejectedRow[] = [];
    for (const line of lines) {
      this.#lineNumber++;
      const text = line.endsWith('\r') ? line.slice(0, -1) : line;
      if (!this.#positions) {
        this.#readHeader(text);
        continue;
      }
      if (text === '') continue;
      const result = this.#readRow(text, this.#positions);
      if (typeof result === 'string') rejected.push({ lineNumber: this.#lineNumber, reason: result, text });
      else bars.push(result);
    }
    return { bars, rejected };
  }

  #readHeader(line: string): void {
    const names = fieldsOf(line.replace(/^\uFEFF/, ''));
    const missing = dailyColumns.filter((column) => !names.includes(column));
    if (missing.length > 0) {
      throw new CsvFormatError(
        `the header lacks ${missing.join(', ')}; the first line must name the columns ${dailyColumns.join(',')}`,
      );
    }
    this.#positions = Object.fromEntries(dailyColumns.map((column) => [column, names.indexOf(column)])) as Positions;
    this.#fieldCount = names.length;
  }

  #readRow(text: string, at: Positions): DailyBar | string {
    const fields = fieldsOf(text);
    if (fields.length !== this.#fieldCount) return `has ${fields.length} fields, the header has ${this.#fieldCount}`;

    const symbol = this.#symbols.get(fields[at.ts_code] as string);
    if ('defect' in symbol) return symbol.defect;
    const date = fields[at.trade_date] as string;
    const day = this.#days.get(date);
    if ('defect' in day) return day.defect;
    const volume = fields[at.vol];
    if (volume === '') return 'vol is empty';
    const amount = fields[at.amount];
    if (amount === '') return 'amount is empty';
    const bar: DailyBar = {
      symbol: symbol.value,
      tradeDate: day.value,
      open: fields[at.open] as string,
      high: fields[at.high] as string,
      low: fields[at.low] as string,
      close: fields[at.close] as string,
      preClose: fields[at.pre_close] || null,
      change: fields[at.change] || null,
      changePercent: fields[at.pct_chg] || null,
      volumeShares: Math.round(Number(volume) * sharesPerLot),
      amountYuan: (Number(amount) * yuanPerThousand).toFixed(2),
    };
    const defect = findBarDefect(bar);
    if (defect) return defect.reason;
    if (!this.#seen.add(symbol.value, day.value)) return `an earlier row already has ${symbol.value} on ${date}`;
    return bar;
  }
}
