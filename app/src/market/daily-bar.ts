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

const decimal = /^-?\d+(\.\d+)?$/;
const largestPriceYuan = 1e8;
const largestPercent = 1e6;

/** Why a bar cannot be stored, in one sentence; undefined when it can. */
export function findDefect(bar: DailyBar): string | undefined {
  for (const field of ['open', 'high', 'low', 'close'] as const) {
    const price = bar[field];
    if (!decimal.test(price)) return `${field} '${price}' is not a number`;
    if (!(Number(price) > 0 && Number(price) < largestPriceYuan))
      return `${field} ${price} is not a price above 0 and below ${largestPriceYuan}`;
  }
  for (const field of ['preClose', 'change', 'changePercent'] as const) {
    const value = bar[field];
    if (value === null) continue;
    if (!decimal.test(value)) return `${field} '${value}' is not a number`;
    if (Math.abs(Number(value)) >= largestPercent) return `${field} ${value} is out of range`;
  }
  const [open, high, low, close] = [Number(bar.open), Number(bar.high), Number(bar.low), Number(bar.close)];
  if (high < Math.max(open, close)) return `high ${bar.high} is below open ${bar.open} or close ${bar.close}`;
  if (low > Math.min(open, close)) return `low ${bar.low} is above open ${bar.open} or close ${bar.close}`;
  if (!Number.isSafeInteger(bar.volumeShares) || bar.volumeShares < 0) return 'volume is not a number of shares from 0';
  if (!decimal.test(bar.amountYuan) || Number(bar.amountYuan) < 0) return 'amount is not a sum of yuan from 0';
  return undefined;
}
