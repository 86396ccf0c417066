import type { DailyBar } from '../market/daily-bar';
import type { StockListing } from '../market/dataset';
import { daysBetween } from '../market/trading-day';
import type { Call, Fetchers, MarketDataSource, Part } from './source';

/** First day the sample source has prices for. */
export const firstSampleDay = '2015-01-05';

const listing = (symbol: string, industry: string, chineseIndustry: string): StockListing => ({
  symbol,
  name: `示例${chineseIndustry} Sample ${industry}`,
  area: null,
  industry,
  status: 'listed',
  listDate: firstSampleDay,
  delistDate: null,
});

/** Invented companies under codes that no company is listed under. */
const stocks: readonly StockListing[] = [
  listing('003981.SZ', 'Bank', '银行'),
  listing('003982.SZ', 'Real Estate', '地产'),
  listing('003983.SZ', 'Home Appliances', '家电'),
  listing('003984.SZ', 'Displays', '面板'),
  listing('003985.SZ', 'Liquor', '酒业'),
  listing('003986.SZ', 'Sensors', '传感'),
  listing('302990.SZ', 'Brokerage Software', '金融软件'),
  listing('301990.SZ', 'Batteries', '电池'),
  listing('301991.SZ', 'Medical Devices', '医疗器械'),
  listing('604981.SH', 'Steel', '钢铁'),
  listing('604982.SH', 'Securities', '证券'),
  listing('604983.SH', 'Insurance', '保险'),
  listing('604984.SH', 'Electric Power', '电力'),
  listing('604985.SH', 'Pharmaceuticals', '医药'),
  listing('604986.SH', 'Food', '食品'),
  listing('604987.SH', 'Textiles', '纺织'),
  listing('688990.SH', 'Chips', '芯片'),
  listing('688991.SH', 'Vaccines', '疫苗'),
  listing('920990.BJ', 'Machinery', '机械'),
  listing('920991.BJ', 'Materials', '新材料'),
];

const { imul } = Math;

// FNV-1a with a final mix: the same text gives the same number on every machine.
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) value = imul(value ^ text.charCodeAt(index), 0x01000193);
  value = imul(value ^ (value >>> 16), 0x7feb352d);
  value = imul(value ^ (value >>> 15), 0x846ca68b);
  return (value ^ (value >>> 16)) >>> 0;
}

/** A number from 0 up to 1 that depends on the text alone. */
const fraction = (text: string): number => hash(text) / 2 ** 32;

/** Holidays with a fixed date; the sample calendar leaves out those of the lunar calendar. */
const holidays = new Set([
  '01-01',
  '05-01',
  '05-02',
  '05-03',
  '10-01',
  '10-02',
  '10-03',
  '10-04',
  '10-05',
  '10-06',
  '10-07',
]);

function isTradingDay(day: string): boolean {
  const weekday = new Date(`${day}T00:00:00Z`).getUTCDay();
  return weekday !== 0 && weekday !== 6 && !holidays.has(day.slice(5));
}

/** The day's price limit as a share of the previous close: 30 % in Beijing, 20 % on STAR and ChiNext, otherwise 10 %. */
function priceLimit(symbol: string): number {
  if (symbol.endsWith('.BJ')) return 0.3;
  return /^(688|689|30)/.test(symbol) ? 0.2 : 0.1;
}

const cents = (price: number): number => Math.round(price * 100);
const yuan = (priceCents: number): string => (priceCents / 100).toFixed(2);

/** Every bar of a symbol from its first day to the given one: a random walk that keeps the exchange's price limits. */
function walk(symbol: string, end: string): DailyBar[] {
  const limit = priceLimit(symbol);
  const usualVolume = 2e6 + fraction(`${symbol} volume`) * 4e7;
  const firstClose = cents(5 + fraction(`${symbol} price`) * 60);
  const bars: DailyBar[] = [];
  let previousClose = firstClose;
  for (const day of daysBetween(firstSampleDay, end)) {
    if (!isTradingDay(day)) continue;
    const highest = Math.floor(previousClose * (1 + limit));
    const lowest = Math.max(1, Math.ceil(previousClose * (1 - limit)));
    const within = (price: number) => Math.min(highest, Math.max(lowest, Math.round(price)));
    const draw = (what: string) => fraction(`${symbol} ${day} ${what}`) - 0.5;
    // A weak pull towards the first price keeps the walk in a believable range over decades.
    const pull = Math.log(firstClose / previousClose) * 0.004;
    const close = within(
      previousClose * (1 + pull + (draw('close a') + draw('close b') + draw('close c')) * limit * 0.35),
    );
    const open = within(previousClose * (1 + draw('open') * limit * 0.2));
    const high = within(Math.max(open, close) * (1 + fraction(`${symbol} ${day} high`) * limit * 0.15));
    const low = within(Math.min(open, close) * (1 - fraction(`${symbol} ${day} low`) * limit * 0.15));
    const volumeShares = 100 * Math.round((usualVolume * (0.4 + 1.6 * fraction(`${symbol} ${day} volume`))) / 100);
    bars.push({
      symbol,
      tradeDate: day,
      open: yuan(open),
      high: yuan(high),
      low: yuan(low),
      close: yuan(close),
      preClose: yuan(previousClose),
      change: yuan(close - previousClose),
      changePercent: ((close / previousClose - 1) * 100).toFixed(4),
      volumeShares,
      amountYuan: ((volumeShares * (open + high + low + close)) / 400).toFixed(2),
    });
    previousClose = close;
  }
  return bars;
}

const callsPerMinute = 100_000;

/**
 * Synthetic market data that depends on symbol and day alone: no clock, no randomness, no network. For demonstrations
 * and tests; nothing in it comes from a market.
 */
export const sampleSource: MarketDataSource & { fetchers: Pick<Fetchers, 'stock_basic' | 'daily'> } = {
  name: 'sample',
  fetchers: {
    stock_basic: {
      api: 'stock_basic',
      partBy: 'whole',
      callsPerMinute,
      fetch: (_part: Part, call: Call) => call(async () => ({ rows: [...stocks], refused: [] })),
    },
    daily: {
      api: 'daily',
      partBy: 'symbol',
      callsPerMinute,
      fetch: ({ symbols, start, end }: Part, call: Call) =>
        call(async () => ({
          rows: stocks
            .filter(({ symbol }) => symbols === null || symbols.includes(symbol))
            .flatMap(({ symbol }) => walk(symbol, end).filter((bar) => bar.tradeDate >= start)),
          refused: [],
        })),
    },
  },
};
