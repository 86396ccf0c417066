import type { DailyBar } from '../market/daily-bar';
import type { Quote } from '../market/dataset';
import { priceLimit } from '../market/price-limit';
import { type Exchange, exchangeOf } from '../market/symbol';
import { isDay } from '../market/trading-day';

/** Why a row is not stored. */
export interface Defect {
  /** Name of the rule that the row breaks. */
  rule: string;
  /** What is wrong, in one sentence. */
  reason: string;
}

/** What is known of the market when rows are checked. */
export interface MarketKnowledge {
  /** The current day in Shanghai, as YYYY-MM-DD. */
  today: string;
  /** Whether an exchange trades on a day; undefined when the calendar does not know it. */
  isOpen(day: string, exchange: Exchange): boolean | undefined;
  /** First trading day of a stock, as YYYY-MM-DD; undefined when no source says. */
  listDate(symbol: string): string | undefined;
}

/** What is wrong with a row by one rule of data quality; undefined when nothing is. */
export type Rule<Row> = (row: Row, market: MarketKnowledge) => Defect | undefined;

// What the columns hold, which round to their last digit: numeric(12, 4) for prices, numeric(20, 2) for amounts.
const smallestPrice = 0.0001;
const largestPrice = 99_999_999.9999;
const largestChange = 1e6;
const largestAmountYuan = 1e18;
const firstYear = '1990';
const plainDecimal = /^-?\d+(?:\.\d+)?$/;

/** The number a decimal text stands for; NaN when it is anything else, such as an empty text or 1e5. */
const decimal = (text: string): number => (plainDecimal.test(text) ? Number(text) : Number.NaN);

export function findPriceDefect(field: string, text: string, price = decimal(text)): Defect | undefined {
  if (Number.isNaN(price)) return { rule: 'not_a_number', reason: `${field} '${text}' is not a number` };
  if (price >= smallestPrice && price <= largestPrice) return undefined;
  return {
    rule: 'positive_price',
    reason: `${field} ${text} is not a price from ${smallestPrice} to ${largestPrice}`,
  };
}

function findChangeDefect(field: string, text: string | null): Defect | undefined {
  if (text === null) return undefined;
  const value = decimal(text);
  if (Number.isNaN(value)) return { rule: 'not_a_number', reason: `${field} '${text}' is not a number` };
  if (Math.abs(value) < largestChange) return undefined;
  return { rule: 'out_of_range', reason: `${field} ${text} is out of range` };
}

function findTurnoverDefect(volumeShares: number, amountYuan: string): Defect | undefined {
  if (!Number.isSafeInteger(volumeShares) || volumeShares < 0) {
    return { rule: 'volume_negative', reason: `volume ${volumeShares} is not a number of shares from 0` };
  }
  const amount = decimal(amountYuan);
  if (Number.isNaN(amount) || amount < 0) {
    return { rule: 'amount_negative', reason: `amount ${amountYuan} is not a sum of yuan from 0` };
  }
  if (amount < largestAmountYuan) return undefined;
  return { rule: 'out_of_range', reason: `amount ${amountYuan} is out of range` };
}

/** Why a bar cannot be stored, whichever way it comes; undefined when it can. */
export function findBarDefect(bar: DailyBar): Defect | undefined {
  const open = decimal(bar.open);
  const high = decimal(bar.high);
  const low = decimal(bar.low);
  const close = decimal(bar.close);
  const defect =
    findPriceDefect('open', bar.open, open) ??
    findPriceDefect('high', bar.high, high) ??
    findPriceDefect('low', bar.low, low) ??
    findPriceDefect('close', bar.close, close) ??
    (bar.preClose === null ? undefined : findPriceDefect('pre_close', bar.preClose)) ??
    findChangeDefect('change', bar.change) ??
    findChangeDefect('pct_chg', bar.changePercent);
  if (defect) return defect;
  if (high < open || high < close) {
    return { rule: 'price_order', reason: `high ${bar.high} is below open ${bar.open} or close ${bar.close}` };
  }
  if (low > open || low > close) {
    return { rule: 'price_order', reason: `low ${bar.low} is above open ${bar.open} or close ${bar.close}` };
  }
  return findTurnoverDefect(bar.volumeShares, bar.amountYuan);
}

const sharesPerLot = 100;
const priceTolerance = 0.01;

/** How many yuan one unit of a price's currency may be in an amount, at the least and at the most. */
type AmountRange = readonly [least: number, most: number];

const yuan: AmountRange = [1, 1];
// Amounts of B shares are in the currency of the price or in yuan; these are the official rates since 1990.
const usDollarsOrYuan: AmountRange = [1, 9];
const hongKongDollarsOrYuan: AmountRange = [0.6, 1.2];

function amountRangeOf(symbol: string): AmountRange {
  if (symbol.startsWith('900')) return usDollarsOrYuan;
  return symbol.startsWith('20') ? hongKongDollarsOrYuan : yuan;
}

/** The average price of a day lies between its low and its high, unless volume or amount is in another unit. */
export function unitCheck(bar: DailyBar): Defect | undefined {
  const amount = Number(bar.amountYuan);
  const [least, most] = amountRangeOf(bar.symbol);
  // Some sources give whole lots.
  const highest = Number(bar.high) * most * (1 + priceTolerance) * (bar.volumeShares + sharesPerLot);
  const lowest = Number(bar.low) * least * (1 - priceTolerance) * (bar.volumeShares - sharesPerLot);
  if (amount >= lowest && amount <= highest) return undefined;
  return {
    rule: 'unit_check',
    reason: `amount ${bar.amountYuan} by volume ${bar.volumeShares} is not between low ${bar.low} and high ${bar.high}; is one in another unit?`,
  };
}

const daysWithoutLimit = 14;
const largestStep = 2.5;
const tickYuan = 0.01;

/** Five trading days are without a limit; with a holiday in between they take up to two weeks. */
function isNewlyListed({ symbol, tradeDate }: DailyBar, market: MarketKnowledge): boolean {
  const listDate = market.listDate(symbol);
  return listDate !== undefined && Date.parse(tradeDate) - Date.parse(listDate) <= daysWithoutLimit * 86_400_000;
}

export function beyondPriceLimit(bar: DailyBar, market: MarketKnowledge): Defect | undefined {
  if (bar.preClose === null) return undefined;
  const [close, preClose] = [Number(bar.close), Number(bar.preClose)];
  const limit = priceLimit(bar.symbol);
  if (Math.abs(close - preClose) <= preClose * limit + tickYuan || isNewlyListed(bar, market)) return undefined;
  return {
    rule: 'price_limit',
    reason: `close ${bar.close} is more than ${limit * 100} % away from ${bar.preClose}, the reference price`,
  };
}

export function stepChange(bar: DailyBar, market: MarketKnowledge): Defect | undefined {
  if (bar.preClose === null) return undefined;
  const ratio = Number(bar.close) / Number(bar.preClose);
  if ((ratio <= largestStep && ratio >= 1 / largestStep) || isNewlyListed(bar, market)) return undefined;
  return {
    rule: 'step_change',
    reason: `close ${bar.close} is ${ratio.toFixed(2)} times ${bar.preClose}, the reference price`,
  };
}

export const writtenDay = (field: string, day: string): Defect | undefined =>
  isDay(day) ? undefined : { rule: 'not_a_day', reason: `${field} '${day}' is not a day written as YYYY-MM-DD` };

export const futureDate = (day: string, { today }: MarketKnowledge): Defect | undefined =>
  day <= today ? undefined : { rule: 'future_date', reason: `${day} is in the future; today in Shanghai is ${today}` };

export const beforeFirstYear = (day: string): Defect | undefined =>
  day >= firstYear ? undefined : { rule: 'before_first_year', reason: `${day} is before ${firstYear}` };

export const notATradingDay = (symbol: string, day: string, market: MarketKnowledge): Defect | undefined =>
  market.isOpen(day, exchangeOf(symbol)) === false
    ? { rule: 'not_a_trading_day', reason: `the exchange did not trade on ${day}` }
    : undefined;

export function quoteInOrder(quote: Quote): Defect | undefined {
  const prices = { price: quote.price, open: quote.open, high: quote.high, low: quote.low, preClose: quote.preClose };
  for (const [field, price] of Object.entries(prices)) {
    const defect = price === null ? undefined : findPriceDefect(field, price);
    if (defect) return defect;
  }
  if (Number.isNaN(Date.parse(quote.quotedAt ?? ''))) {
    return { rule: 'not_a_moment', reason: `quotedAt '${quote.quotedAt}' is not a moment written by ISO 8601` };
  }
  return findTurnoverDefect(quote.volumeShares, quote.amountYuan);
}
