import type { DailyBar } from '../market/daily-bar';
import { findDefect, findSuspicions } from '../quality/check-row';
import type { Defect, MarketKnowledge } from '../quality/defects';
import type { SourceName } from '../sources/source';
import { readRow, type SourceRow } from '../sources/source-rows';
import { type BarLayout, layoutOf } from './bar-layouts';
import { CsvFormatError, type CsvRecord } from './csv-records';

/** A row that is not stored. */
export interface RejectedRow extends Defect {
  /** Line of the file, the header being line 1. */
  line: number;
  text: string;
}

/** Bars of a file that may be stored, by the source whose they are. */
export type BarsBySource = ReadonlyMap<SourceName, DailyBar[]>;

const firstTradingYear = 1990;
const daysPerYear = 12 * 31;

/** Remembers which days of which symbols have been seen, one bit each. */
class SeenDays {
  readonly #bits = new Map<string, Uint8Array>();
  readonly #bytes: number;

  constructor(lastDay: string) {
    this.#bytes = Math.ceil(((Number(lastDay.slice(0, 4)) - firstTradingYear + 1) * daysPerYear) / 8);
  }

  /** Whether this is the first time. */
  add(symbol: string, day: string): boolean {
    let bits = this.#bits.get(symbol);
    if (!bits) {
      bits = new Uint8Array(this.#bytes);
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

/** How many rows broke which rule. */
export class RuleCounts {
  readonly #counts = new Map<string, number>();

  add = ({ rule }: Defect): void => {
    this.#counts.set(rule, this.of(rule) + 1);
  };

  of = (rule: string): number => this.#counts.get(rule) ?? 0;

  get total(): number {
    return [...this.#counts.values()].reduce((sum, count) => sum + count, 0);
  }

  toJSON = (): Record<string, number> => Object.fromEntries(this.#counts);
}

interface ReaderOptions {
  market: MarketKnowledge;
  /** Symbols of renumbered stocks by their old ones. */
  newSymbols: ReadonlyMap<string, string>;
  /** Names of the rules of data quality that rows may break. */
  tolerated: ReadonlySet<string>;
}

/**
 * Reads the daily bars of a CSV file, by the rules that those of a source keep. Columns are found by name; others are
 * ignored. Every row comes out once, as a bar or as a rejected row.
 */
export class BarReader {
  readonly rejected = new RuleCounts();
  readonly tolerated = new RuleCounts();
  readonly unusual = new RuleCounts();
  accepted = 0;
  #layout: BarLayout | undefined;
  #fieldCount = 0;
  #positions: (readonly [column: string, index: number])[] = [];
  readonly #options: ReaderOptions;
  readonly #seen: SeenDays;

  constructor(options: ReaderOptions) {
    this.#options = options;
    this.#seen = new SeenDays(options.market.today);
  }

  /**
   * Takes the next records of the file, in order.
   *
   * @throws CsvFormatError when the first one is not a header
   */
  read(records: readonly CsvRecord[]): { bars: BarsBySource; rejected: RejectedRow[] } {
    const bars = new Map<SourceName, DailyBar[]>();
    const rejected: RejectedRow[] = [];
    for (const record of records) {
      if (!this.#layout) {
        this.#layout = this.#readHeader(record);
        continue;
      }
      const defect = this.#readBar(record, this.#layout, bars);
      if (!defect) continue;
      this.rejected.add(defect);
      rejected.push({ ...defect, line: record.line, text: record.text });
    }
    return { bars, rejected };
  }

  /** @throws CsvFormatError when there was no header */
  end(): void {
    if (!this.#layout) throw new CsvFormatError('the file has empty lines only');
  }

  #readHeader({ fields, text }: CsvRecord): BarLayout {
    if (!fields) throw new CsvFormatError(`the header has a quote where none may be: ${text.slice(0, 80)}`);
    const layout = layoutOf(fields);
    this.#positions = layout.columns.map((column) => [column, fields.indexOf(column)]);
    this.#fieldCount = fields.length;
    return layout;
  }

  /** Puts the bar of a record with the others, or says why it is not to be stored. */
  #readBar({ fields }: CsvRecord, layout: BarLayout, bars: Map<SourceName, DailyBar[]>): Defect | undefined {
    if (!fields) {
      const reason = 'has a quote inside a field; put the whole field in quotes, and double those in it';
      return { rule: 'misplaced_quote', reason };
    }
    if (fields.length !== this.#fieldCount) {
      return {
        rule: 'wrong_number_of_fields',
        reason: `has ${fields.length} fields, the header has ${this.#fieldCount}`,
      };
    }
    const row = this.#rowOf(fields);
    const { value: bar, defect } = readRow(row, layout.barOf);
    if (defect) return defect;
    const { value: source, defect: unknownSource } = readRow(row, layout.sourceOf);
    if (unknownSource) return unknownSource;
    bar.symbol = this.#options.newSymbols.get(bar.symbol) ?? bar.symbol;
    return this.#check(bar) ?? this.#accept(bar, source, bars);
  }

  #rowOf(fields: readonly string[]): SourceRow {
    const row: Record<string, unknown> = {};
    for (const [column, index] of this.#positions) row[column] = fields[index];
    return row;
  }

  #check(bar: DailyBar): Defect | undefined {
    const { market, tolerated } = this.#options;
    const broken: Defect[] = [];
    const defect = findDefect('daily', bar, market, tolerated, (each) => broken.push(each));
    if (defect) return defect;
    if (!this.#seen.add(bar.symbol, bar.tradeDate)) {
      return { rule: 'duplicate', reason: `an earlier row already has ${bar.symbol} on ${bar.tradeDate}` };
    }
    for (const each of broken) this.tolerated.add(each);
    return undefined;
  }

  #accept(bar: DailyBar, source: SourceName, bars: Map<SourceName, DailyBar[]>): undefined {
    for (const suspicion of findSuspicions('daily', bar, this.#options.market)) this.unusual.add(suspicion);
    const ofSource = bars.get(source);
    if (ofSource) ofSource.push(bar);
    else bars.set(source, [bar]);
    this.accepted++;
  }
}
