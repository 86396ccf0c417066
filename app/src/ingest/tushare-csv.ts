import { type DailyBar, findDefect } from '../market/daily-bar';
import { parseSymbol, SymbolError } from '../market/symbol';
import { isDay } from '../market/trading-day';

/** A row that cannot be stored. */
export interface RejectedRow {
  /** Line of the file, the header being line 1. */
  lineNumber: number;
  reason: string;
  text: string;
}

/** The file as a whole is not a Tushare `daily` CSV file. */
export class CsvFormatError extends Error {}

const columns = [
  'ts_code',
  'trade_date',
  'open',
  'high',
  'low',
  'close',
  'pre_close',
  'change',
  'pct_chg',
  'vol',
  'amount',
] as const;

const firstTradingYear = 1990;
const daysInYears = 366;
const sharesPerLot = 100;
const yuanPerThousand = 1000;

const fieldsOf = (line: string): string[] => line.replaceAll('"', '').split(',');
const orNull = (field: string): string | null => (field === '' ? null : field);

/** Remembers which days of which symbols have been seen, one bit each. */
class SeenDays {
  readonly #bits = new Map<string, Uint8Array>();

  /** Whether this is the first time. */
  add(symbol: string, day: string): boolean {
    let bits = this.#bits.get(symbol);
    if (!bits) {
      bits = new Uint8Array(Math.ceil((daysInYears * 150) / 8));
      this.#bits.set(symbol, bits);
    }
    const dayNumber = (Number(day.slice(0, 4)) - firstTradingYear) * daysInYears;
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
  #positions: number[] | undefined;
  #fieldCount = 0;
  readonly #seen = new SeenDays();
  readonly #today: string;

  /** @param today the current day in Shanghai; later rows are rejected */
  constructor(today: string) {
    this.#today = today;
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
    const missing = columns.filter((column) => !names.includes(column));
    if (missing.length > 0) {
      throw new CsvFormatError(
        `the header lacks ${missing.join(', ')}; the first line must name the columns ${columns.join(',')}`,
      );
    }
    this.#positions = columns.map((column) => names.indexOf(column));
    this.#fieldCount = names.length;
  }

  #readRow(text: string, positions: number[]): DailyBar | string {
    const fields = fieldsOf(text);
    if (fields.length !== this.#fieldCount) return `has ${fields.length} fields, the header has ${this.#fieldCount}`;
    const [code, date, open, high, low, close, preClose, change, percent, volume, amount] = positions.map(
      (position) => fields[position] as string,
    ) as [string, string, string, string, string, string, string, string, string, string, string];

    let symbol: string;
    try {
      symbol = parseSymbol(code);
    } catch (error) {
      if (error instanceof SymbolError) return error.message;
      throw error;
    }
    const tradeDate = `${date.slice(0, 4)}-${date.slice(4, 6)}-${date.slice(6)}`;
    if (date.length !== 8 || !isDay(tradeDate)) return `trade_date '${date}' is not a day written as YYYYMMDD`;
    if (Number(date.slice(0, 4)) < firstTradingYear) return `trade_date ${date} is before ${firstTradingYear}`;
    if (tradeDate > this.#today) return `trade_date ${date} is in the future; today in Shanghai is ${this.#today}`;
    if (volume === '') return 'vol is empty';
    if (amount === '') return 'amount is empty';
    const bar: DailyBar = {
      symbol,
      tradeDate,
      open,
      high,
      low,
      close,
      preClose: orNull(preClose),
      change: orNull(change),
      changePercent: orNull(percent),
      volumeShares: Math.round(Number(volume) * sharesPerLot),
      amountYuan: (Number(amount) * yuanPerThousand).toFixed(2),
    };
    const defect = findDefect(bar);
    if (defect) return defect;
    if (!this.#seen.add(symbol, tradeDate)) return `an earlier row already has ${symbol} on ${date}`;
    return bar;
  }
}
