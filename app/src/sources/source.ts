import type { DailyBar } from '../market/daily-bar';

/** A stock as a source lists it. */
export interface StockListing {
  symbol: string;
  name: string;
  industry: string;
  /** First trading day, as YYYY-MM-DD. */
  listDate: string;
}

/** What is asked of a source: one stock over a range of days, both ends included. */
export interface DailyRequest {
  symbol: string;
  start: string;
  end: string;
  /** Aborted when the job must stop. */
  signal: AbortSignal;
}

/** A provider of market data. Prices come unadjusted, volumes in shares, amounts in yuan, symbols canonical. */
export interface MarketDataSource {
  /** Name stored with every row. */
  readonly name: string;
  listStocks(signal: AbortSignal): Promise<StockListing[]>;
  /** Bars of trading days only, in order of the day. */
  fetchDaily(request: DailyRequest): Promise<DailyBar[]>;
}
