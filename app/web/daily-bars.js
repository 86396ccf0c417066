/** @import {ApiClient} from './api-client.js' */
/** @import {Adjustment, Range} from './address.js' */

/**
 * One day of one stock. Prices in yuan, volume in shares.
 *
 * @typedef {{trade_date: string, open: number, high: number, low: number, close: number, pre_close: number | null, pct_chg: number | null, volume: number, amount: number, source: string}} DailyBar
 */

const pageSize = 5000;

/** @type {Record<Range, number | null>} */
const monthsByRange = { '1M': 1, '3M': 3, '1Y': 12, '5Y': 60, all: null };

/**
 * The first day of a range that ends today; null for the range without a beginning.
 *
 * @param {Range} range
 * @param {string} today as YYYY-MM-DD
 */
export function firstDayOf(range, today) {
  const months = monthsByRange[range];
  if (months === null) return null;
  const [year, month, day] = /** @type {[number, number, number]} */ (today.split('-').map(Number));
  // A day the month does not have is taken back to its last.
  const lastDayOfMonth = new Date(Date.UTC(year, month - months, 0)).getUTCDate();
  return new Date(Date.UTC(year, month - 1 - months, Math.min(day, lastDayOfMonth))).toISOString().slice(0, 10);
}

const shanghaiDays = new Intl.DateTimeFormat('sv-SE', { timeZone: 'Asia/Shanghai' });

/**
 * The day in Shanghai at a moment, as YYYY-MM-DD.
 *
 * @param {Date} moment
 */
export const dayInShanghai = (moment) => shanghaiDays.format(moment);

export const todayInShanghai = () => dayInShanghai(new Date());

/**
 * Every bar of a stock from a day on, page after page.
 *
 * @param {ApiClient} client
 * @param {{symbol: string, adjust: Adjustment, start: string | null}} wanted
 * @param {AbortSignal} signal
 * @returns {Promise<{symbol: string, bars: DailyBar[], source: string | null, fallbackFrom: string | null, warnings: string[]}>}
 */
export async function loadDailyBars(client, { symbol, adjust, start }, signal) {
  const query = new URLSearchParams({ limit: String(pageSize) });
  if (start) query.set('start', start);
  if (adjust !== 'none') query.set('adjust', adjust);
  /** @type {DailyBar[]} */
  const bars = [];
  const warnings = new Set();
  const sources = new Set();
  let canonicalSymbol = symbol;
  let fallbackFrom = null;
  for (;;) {
    const path = `/api/v1/stocks/${encodeURIComponent(symbol)}/daily?${query}`;
    /** @type {import('./api-client.js').Answer<DailyBar[]>} */
    const { data, meta, warnings: ofPage } = await client.get(path, signal);
    bars.push(...data);
    for (const warning of ofPage) warnings.add(warning);
    if (meta.source) sources.add(meta.source);
    canonicalSymbol = meta.symbol ?? symbol;
    fallbackFrom ??= meta.fallback_from ?? null;
    if (!meta.next_cursor) break;
    query.set('cursor', meta.next_cursor);
  }
  const [source = null, ...others] = sources;
  return {
    symbol: canonicalSymbol,
    bars,
    source: others.length ? 'mixed' : source,
    fallbackFrom,
    warnings: [...warnings],
  };
}

/**
 * The bars as candlesticks of lightweight-charts.
 *
 * @param {readonly DailyBar[]} bars
 */
export const toCandles = (bars) =>
  bars.map(({ trade_date, open, high, low, close }) => ({ time: trade_date, open, high, low, close }));

/**
 * The volumes of the bars as columns of lightweight-charts, in the colour of their candlestick.
 *
 * @param {readonly DailyBar[]} bars
 * @param {{rise: string, fall: string}} colours
 */
export const toVolumeColumns = (bars, { rise, fall }) =>
  bars.map(({ trade_date, open, close, volume }) => ({
    time: trade_date,
    value: volume,
    color: close >= open ? rise : fall,
  }));

/**
 * Change of a bar against the close before, in percent; null where there is none before.
 *
 * @param {DailyBar} bar
 */
export function changePercent({ pct_chg, pre_close, close }) {
  if (pct_chg !== null) return pct_chg;
  return pre_close ? (close / pre_close - 1) * 100 : null;
}
