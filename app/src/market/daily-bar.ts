/**
 * One trading day of one stock. Prices are unadjusted, in yuan, as decimal text so that no digit is lost on the way
 * to the database.
 */
export interface DailyBar {
  symbol: string;
  /** Day of the trade in Shanghai, as YYYY-MM-DD. */
  tradeDate: string;
  open: string;
  high: string;
  low: string;
  close: string;
  /** Reference price of the day; null when the source does not give it. */
  preClose: string | null;
  change: string | null;
  /** Change against preClose in percent. */
  changePercent: string | null;
  volumeShares: number;
  amountYuan: string;
}
