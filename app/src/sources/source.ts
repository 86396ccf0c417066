import type { Dataset, DatasetRow } from '../market/dataset';

/** Names of the sources, as they are configured, stored with every row and shown in answers. */
export const sourceNames = ['tushare', 'akshare', 'wind', 'sample'] as const;
export type SourceName = (typeof sourceNames)[number];

/** What one call, or one run of pages, asks of a source. */
export interface Part {
  /** Canonical symbols; null for every stock. */
  symbols: readonly string[] | null;
  /** First and last day, as YYYY-MM-DD. */
  start: string;
  end: string;
}

/** A row a source gave that has no place in the dataset, such as one of an unknown kind of security. */
export interface RefusedRow {
  symbol: string | null;
  day: string | null;
  /** Name of the rule of data quality that it breaks. */
  rule: string;
  /** What is wrong, in one sentence. */
  reason: string;
  /** The row as the source gave it. */
  row: unknown;
}

/** What a source gave of a dataset. */
export interface Fetched<Row> {
  rows: Row[];
  refused: RefusedRow[];
}

/** How a source gives one dataset. */
export interface Fetcher<Row> {
  /** The interface upstream, by its own name: budgets and circuit breakers are kept for each. */
  readonly api: string;
  /**
   * How requests are cut into parts: one stock over all days, one day of every stock, or everything at once. A fetcher
   * with `day` also answers parts that name symbols over several days.
   */
  readonly partBy: 'symbol' | 'day' | 'whole';
  /** Calls that may be made in a minute. */
  readonly callsPerMinute: number;
  /**
   * Rows with canonical symbols, prices unadjusted in yuan, volumes in shares, amounts in yuan. `call` is to be used
   * around every request to the upstream: it waits for the budget and keeps the record of success and failure.
   *
   * @throws SourceError when the upstream does not answer as it should
   */
  fetch(part: Part, call: Call): Promise<Fetched<Row>>;
}

/** Makes one request to the upstream. The signal ends with the time limit of the request or of the job. */
export type Call = <T>(request: (signal: AbortSignal) => Promise<T>) => Promise<T>;

export type Fetchers = { readonly [D in Dataset]: Fetcher<DatasetRow[D]> };

/** A provider of market data: the datasets it has. */
export interface MarketDataSource {
  readonly name: SourceName;
  readonly fetchers: Partial<Fetchers>;
}
