import type { DailyBar } from '../market/daily-bar';
import type { Dataset, DatasetRow, Quote, StockListing, Suspension, SymbolAlias } from '../market/dataset';
import { datasets } from '../market/dataset';
import { priceLimit } from '../market/price-limit';
import { addDays, dayAfter, dayInShanghai, daysBetween, isWeekday, timeInShanghai } from '../market/trading-day';
import type { Fetcher, Fetchers, MarketDataSource, Part } from './source';
import { describeSource } from './source-descriptor';

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

/** The numbers that the stocks of Beijing had until the exchange renumbered them. */
const aliases: readonly SymbolAlias[] = [
  { oldSymbol: '838990.BJ', symbol: '920990.BJ', effectiveDate: '2025-10-09' },
  { oldSymbol: '872991.BJ', symbol: '920991.BJ', effectiveDate: '2025-10-09' },
];

/** What a share loses in value every year on the first trading day from a date on: by a dividend, by new shares. */
const exRights: Readonly<Record<string, { date: string; valueLost: number }>> = {
  '604983.SH': { date: '06-18', valueLost: 0.03 },
  '003985.SZ': { date: '05-20', valueLost: 0.2 },
};

/** Dates from and to which a stock does not trade, every year. */
const wholeDaySuspensions: Readonly<Record<string, { from: string; to: string }>> = {
  '003982.SZ': { from: '03-11', to: '03-13' },
  '920991.BJ': { from: '08-14', to: '08-15' },
};

/** A date on which a stock is suspended for a part of the day, every year that it is a trading day. */
const intradaySuspensions: Readonly<Record<string, { date: string; timing: string }>> = {
  '604985.SH': { date: '06-05', timing: '09:30-10:00' },
};

const { imul } = Math;

// FNV-1a, which can go on where it stopped: the start that many texts share is read once.
function hash(text: string, start = 0x811c9dc5): number {
  let value = start;
  for (let index = 0; index < text.length; index++) value = imul(value ^ text.charCodeAt(index), 0x01000193);
  return value;
}

/** A number from 0 up to 1 that depends on the text alone, on every machine. */
function fraction(text: string, start?: number): number {
  let value = hash(text, start);
  value = imul(value ^ (value >>> 16), 0x7feb352d);
  value = imul(value ^ (value >>> 15), 0x846ca68b);
  return ((value ^ (value >>> 16)) >>> 0) / 2 ** 32;
}

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

const isTradingDay = (day: string): boolean => isWeekday(day) && !holidays.has(day.slice(5));

const cents = (price: number): number => Math.round(price * 100);
const firstPrice = (symbol: string): number => cents(5 + fraction(`${symbol} price`) * 60);
const yuan = (priceCents: number): string => (priceCents / 100).toFixed(2);

/** The prices of a day in cents. */
interface Prices {
  preClose: number;
  open: number;
  high: number;
  low: number;
  close: number;
  volumeShares: number;
}

/** A trading day of one stock. */
interface SampleDay {
  day: string;
  /** Null while the stock is suspended. */
  prices: Prices | null;
  /** The price the next day starts from, in cents. */
  close: number;
  /** Cumulative adjustment factor. */
  factor: number;
}

function isSuspended(symbol: string, day: string): boolean {
  const suspension = wholeDaySuspensions[symbol];
  const date = day.slice(5);
  return suspension !== undefined && date >= suspension.from && date <= suspension.to;
}

/** The share of its value a stock loses between two trading days. */
function valueLost(symbol: string, previousDay: string, day: string): number {
  const right = exRights[symbol];
  const exDay = right && `${day.slice(0, 5)}${right.date}`;
  return exDay && previousDay < exDay && exDay <= day ? right.valueLost : 0;
}

/** The prices of a day that starts from the given one: a step of a random walk that keeps the exchange's price limits. */
function pricesFrom(preClose: number, symbol: string, day: string): Prices {
  const limit = priceLimit(symbol);
  const usualVolume = 2e6 + fraction(`${symbol} volume`) * 4e7;
  const highest = Math.floor(preClose * (1 + limit));
  const lowest = Math.max(1, Math.ceil(preClose * (1 - limit)));
  const within = (price: number) => Math.min(highest, Math.max(lowest, Math.round(price)));
  const start = hash(`${symbol} ${day} `);
  const draw = (what: string) => fraction(what, start) - 0.5;
  // A weak pull towards the first price keeps the walk in a believable range over decades.
  const pull = Math.log(firstPrice(symbol) / preClose) * 0.004;
  const close = within(preClose * (1 + pull + (draw('close a') + draw('close b') + draw('close c')) * limit * 0.35));
  const open = within(preClose * (1 + draw('open') * limit * 0.2));
  const high = within(Math.max(open, close) * (1 + fraction('high', start) * limit * 0.15));
  const low = within(Math.min(open, close) * (1 - fraction('low', start) * limit * 0.15));
  const volumeShares = 100 * Math.round((usualVolume * (0.4 + 1.6 * fraction('volume', start))) / 100);
  return { preClose, open, high, low, close, volumeShares };
}

function nextDay(symbol: string, day: string, before: SampleDay | undefined): SampleDay {
  const previous = before ?? { day: firstSampleDay, close: firstPrice(symbol), factor: 1 };
  const preClose = Math.round(previous.close * (1 - valueLost(symbol, previous.day, day)));
  const factor = (previous.factor * previous.close) / preClose;
  if (isSuspended(symbol, day)) return { day, prices: null, close: preClose, factor };
  const prices = pricesFrom(preClose, symbol, day);
  return { day, prices, close: prices.close, factor };
}

/** The trading days from the first on, as far as they were asked for. */
const tradingDays: string[] = [];

function tradingDaysUntil(end: string): readonly string[] {
  const last = tradingDays.at(-1);
  for (const day of daysBetween(last ? dayAfter(last) : firstSampleDay, end)) {
    if (isTradingDay(day)) tradingDays.push(day);
  }
  return tradingDays;
}

/** The days of each stock as far as they were asked for: each depends on all before it. */
const walks = new Map<string, SampleDay[]>();

/** The trading days of a stock from start to end. */
function walk(symbol: string, start: string, end: string): SampleDay[] {
  const days = walks.get(symbol) ?? [];
  walks.set(symbol, days);
  for (const day of tradingDaysUntil(end).slice(days.length)) {
    if (day > end) break;
    days.push(nextDay(symbol, day, days.at(-1)));
  }
  return days.filter(({ day }) => day >= start && day <= end);
}

const barOf = (
  symbol: string,
  tradeDate: string,
  { preClose, open, high, low, close, volumeShares }: Prices,
): DailyBar => ({
  symbol,
  tradeDate,
  open: yuan(open),
  high: yuan(high),
  low: yuan(low),
  close: yuan(close),
  preClose: yuan(preClose),
  change: yuan(close - preClose),
  changePercent: ((close / preClose - 1) * 100).toFixed(4),
  volumeShares,
  amountYuan: ((volumeShares * (open + high + low + close)) / 400).toFixed(2),
});

function suspensionsOf(symbol: string, start: string, end: string): Suspension[] {
  const rows: Suspension[] = [];
  const intraday = intradaySuspensions[symbol];
  if (!intraday && !wholeDaySuspensions[symbol]) return rows;
  let wasSuspended = false;
  for (const { day, prices } of walk(symbol, firstSampleDay, end)) {
    if (!prices) rows.push({ symbol, day, kind: 'suspended', timing: null });
    else if (wasSuspended) rows.push({ symbol, day, kind: 'resumed', timing: null });
    else if (intraday?.date === day.slice(5)) rows.push({ symbol, day, kind: 'suspended', timing: intraday.timing });
    wasSuspended = !prices;
  }
  return rows.filter(({ day }) => day >= start);
}

const sessions = [
  { from: 9.5 * 60, to: 11.5 * 60 },
  { from: 13 * 60, to: 15 * 60 },
] as const;
const sessionMinutes = 240;

/** The last minute of trading at a moment: its day, its minute of the day, and the share of the session that is over. */
function lastTradingMinute(moment: Date): { day: string; minute: number; shareOver: number } {
  const today = dayInShanghai(moment);
  const minuteOfDay = Math.floor(moment.getTime() / 60_000 + 8 * 60) % (24 * 60);
  const passed = sessions.map(({ from, to }) => Math.min(Math.max(minuteOfDay - from, 0), to - from));
  const minutesOver = passed.reduce((sum, minutes) => sum + minutes, 0);
  if (isTradingDay(today) && minutesOver > 0) {
    const [morning, afternoon] = sessions;
    const minute =
      minuteOfDay > afternoon.from ? Math.min(minuteOfDay, afternoon.to) : Math.min(minuteOfDay, morning.to);
    return { day: today, minute, shareOver: minutesOver / sessionMinutes };
  }
  let day = addDays(today, -1);
  while (!isTradingDay(day)) day = addDays(day, -1);
  return { day, minute: sessions[1].to, shareOver: 1 };
}

const twoDigits = (number: number): string => String(number).padStart(2, '0');

/** What a day looked like when a share of its session was over: the price goes from open to close. */
function quoteOf(symbol: string, prices: Prices, shareOver: number, quotedAt: string): Quote {
  const { open, close, preClose } = prices;
  const price = Math.round(open + (close - open) * shareOver);
  const high = shareOver === 1 ? prices.high : Math.max(open, price);
  const low = shareOver === 1 ? prices.low : Math.min(open, price);
  const volumeShares = 100 * Math.round((prices.volumeShares * shareOver) / 100);
  return {
    symbol,
    price: yuan(price),
    open: yuan(open),
    high: yuan(high),
    low: yuan(low),
    preClose: yuan(preClose),
    volumeShares,
    amountYuan: ((volumeShares * (open + high + low + price)) / 400).toFixed(2),
    quotedAt,
  };
}

function quotesAt(symbols: readonly string[], moment: Date): Quote[] {
  const { day, minute, shareOver } = lastTradingMinute(moment);
  const quotedAt = `${day}T${twoDigits(Math.floor(minute / 60))}:${twoDigits(minute % 60)}:00+08:00`;
  return symbols.flatMap((symbol) => {
    const prices = walk(symbol, day, day)[0]?.prices;
    return prices ? [quoteOf(symbol, prices, shareOver, quotedAt)] : [];
  });
}

const closingTime = '15:00';
const lastClosedDay = (moment: Date): string =>
  timeInShanghai(moment) >= closingTime ? dayInShanghai(moment) : addDays(dayInShanghai(moment), -1);
const earlier = (one: string, other: string): string => (one < other ? one : other);

const fetcherOf = <D extends Dataset>(
  api: D,
  partBy: 'symbol' | 'whole',
  read: (part: Part, symbols: readonly string[]) => DatasetRow[D][],
): Fetcher<DatasetRow[D]> => ({
  api,
  partBy,
  callsPerMinute: 1_000_000,
  fetch: (part, call) =>
    call(async () => {
      const symbols = stocks.map(({ symbol }) => symbol).filter((symbol) => part.symbols?.includes(symbol) ?? true);
      return { rows: read(part, symbols), refused: [] };
    }),
});

/**
 * Synthetic market data that depends on symbol and day alone: no randomness, no network. For demonstrations and tests;
 * nothing in it comes from a market.
 *
 * @param now the clock: quotes depend on it, and a day has its bar once it is over
 */
export const createSampleSource = (now: () => Date): MarketDataSource & { readonly fetchers: Fetchers } => ({
  name: 'sample',
  fetchers: {
    trade_cal: fetcherOf('trade_cal', 'whole', ({ start, end }) =>
      [...daysBetween(start, end)].map((day) => ({ exchange: 'SH', day, isOpen: isTradingDay(day) })),
    ),
    stock_basic: fetcherOf('stock_basic', 'whole', (_, symbols) =>
      stocks.filter(({ symbol }) => symbols.includes(symbol)),
    ),
    symbol_alias: fetcherOf('symbol_alias', 'whole', () => [...aliases]),
    suspend: fetcherOf('suspend', 'whole', ({ start, end }, symbols) =>
      symbols.flatMap((symbol) => suspensionsOf(symbol, start, end)),
    ),
    adj_factor: fetcherOf('adj_factor', 'symbol', ({ start, end }, symbols) =>
      symbols.flatMap((symbol) =>
        walk(symbol, start, end).map(({ day, factor }) => ({ symbol, tradeDate: day, factor: factor.toFixed(6) })),
      ),
    ),
    daily: fetcherOf('daily', 'symbol', ({ start, end }, symbols) =>
      symbols.flatMap((symbol) =>
        walk(symbol, start, earlier(end, lastClosedDay(now()))).flatMap(({ day, prices }) =>
          prices ? [barOf(symbol, day, prices)] : [],
        ),
      ),
    ),
    realtime: fetcherOf('realtime', 'whole', (_, symbols) => quotesAt(symbols, now())),
  },
});

/** The sample at the present moment. */
export const sampleSource = createSampleSource(() => new Date());

/** The sample, which needs nothing. */
export const sample = describeSource({
  variables: {},
  neededVariable: null,
  datasets,
  create: (_settings, now) => createSampleSource(now),
});
