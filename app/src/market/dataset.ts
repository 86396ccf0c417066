import type { DailyBar } from './daily-bar';
import type { Exchange } from './symbol';

/** What the platform collects, in the order in which a first load needs it. */
export const datasets = [
  'trade_cal',
  'stock_basic',
  'symbol_alias',
  'suspend',
  'adj_factor',
  'daily',
  'realtime',
] as const;
export type Dataset = (typeof datasets)[number];

/** Datasets with a history: a row for each stock and day. */
export const historicalDatasets = ['suspend', 'adj_factor', 'daily'] as const satisfies Dataset[];
export type HistoricalDataset = (typeof historicalDatasets)[number];

/** A stock as a source lists it. */
export interface StockListing {
  symbol: string;
  name: string;
  area: string | null;
  industry: string | null;
  status: 'listed' | 'paused' | 'delisted';
  /** First trading day, as YYYY-MM-DD. */
  listDate: string | null;
  delistDate: string | null;
}

/** A stock that got another number; its history stands under the new one. */
export interface SymbolAlias {
  oldSymbol: string;
  symbol: string;
  effectiveDate: string;
}

/** Whether an exchange trades on a day. The others keep the days of Shanghai where they have none of their own. */
export interface CalendarDay {
  exchange: Exchange;
  day: string;
  isOpen: boolean;
}

/**
 * Cumulative adjustment factor of a day, as decimal text: price x factor is the back-adjusted price (hfq). Factors of
 * two sources have different bases and must not be mixed.
 */
export interface AdjustmentFactor {
  symbol: string;
  tradeDate: string;
  factor: string;
}

/** A day on which a stock is suspended or resumes. */
export interface Suspension {
  symbol: string;
  day: string;
  kind: 'suspended' | 'resumed';
  /** Part of the day, such as 09:30-10:00; null for the whole day. */
  timing: string | null;
}

/** The state of a stock in the current session. Prices in yuan as decimal text. */
export interface Quote {
  symbol: string;
  price: string;
  open: string | null;
  high: string | null;
  low: string | null;
  preClose: string | null;
  /** Since the opening. */
  volumeShares: number;
  amountYuan: string;
  /**
   * ISO 8601 with an offset. From a source it may be a time of the day alone, such as 14:59:57, or null where the source
   * gives none; it is completed before the quote is stored.
   */
  quotedAt: string | null;
}

/** The rows of each dataset. */
export interface DatasetRow {
  trade_cal: CalendarDay;
  stock_basic: StockListing;
  symbol_alias: SymbolAlias;
  suspend: Suspension;
  adj_factor: AdjustmentFactor;
  daily: DailyBar;
  realtime: Quote;
}
