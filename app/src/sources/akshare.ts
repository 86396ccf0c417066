import type { DailyBar } from '../market/daily-bar';
import type { AdjustmentFactor, Quote, StockListing, Suspension } from '../market/dataset';
import { exchangeOf } from '../market/symbol';
import { compactDay, dayInShanghai, daysBetween } from '../market/trading-day';
import { mayTradeOn } from '../market/weekend-sessions';
import { httpUrl, optional, secret } from '../runtime/variable';
import { bySymbol } from './by-symbol';
import { type Credential, excerpt, parseJson, requestText } from './http-request';
import { calendarOf } from './open-days';
import type { Call, Fetched, Fetchers, MarketDataSource, Part } from './source';
import { describeSource } from './source-descriptor';
import { SourceError } from './source-error';
import {
  aboutSymbols,
  dayIn,
  dayOrNullIn,
  decimalIn,
  decimalOrNullIn,
  joined,
  nameIn,
  priceOrNullIn,
  readRows,
  requireColumns,
  type SourceRow,
  symbolIn,
  textIn,
} from './source-rows';
import { sharesFromLots } from './units';

interface AkshareSettings {
  /** Where AKTools is, such as http://aktools:8080. */
  url: string;
  /** Token of its private interface, where it asks for one. */
  token: string | undefined;
  now: () => Date;
}

// The sites that AKShare reads shut out callers that are faster.
const callsPerMinute = 30;

/** The functions of AKShare that are called, with the columns of each that are read. */
const functions = {
  tool_trade_date_hist_sina: ['trade_date'],
  stock_info_a_code_name: ['code', 'name'],
  stock_tfp_em: ['代码', '停牌时间', '停牌截止时间', '停牌期限'],
  stock_zh_a_daily: ['date', 'hfq_factor'],
  stock_zh_a_hist: ['日期', '开盘', '收盘', '最高', '最低', '成交量', '成交额', '涨跌幅', '涨跌额'],
  stock_zh_a_spot_em: ['代码', '最新价', '成交量', '成交额', '最高', '最低', '今开', '昨收'],
} as const;
type AkshareFunction = keyof typeof functions;

const codeOf = (symbol: string): string => symbol.slice(0, 6);

/** A symbol as Sina writes it, such as sh600000. */
const sinaSymbol = (symbol: string): string => symbol.slice(7).toLowerCase() + codeOf(symbol);

/** How long suspensions last whose end the source leaves open. */
const openEnded = new Set(['连续停牌', '今起停牌', '暂停交易']);
const wholeDay = new Set([...openEnded, '停牌一天']);

const barOf = (symbol: string, row: SourceRow): DailyBar => ({
  symbol,
  tradeDate: dayIn(row, '日期'),
  open: decimalIn(row, '开盘'),
  high: decimalIn(row, '最高'),
  low: decimalIn(row, '最低'),
  close: decimalIn(row, '收盘'),
  preClose: null,
  change: decimalOrNullIn(row, '涨跌额'),
  changePercent: decimalOrNullIn(row, '涨跌幅'),
  volumeShares: sharesFromLots(decimalIn(row, '成交量')),
  amountYuan: decimalIn(row, '成交额'),
});

// A stock that is suspended has no price, and so no quote.
function quoteOf(row: SourceRow): Quote | undefined {
  const symbol = symbolIn(row, '代码');
  const price = priceOrNullIn(row, '最新价');
  if (price === null) return undefined;
  return {
    symbol,
    price,
    open: priceOrNullIn(row, '今开'),
    high: priceOrNullIn(row, '最高'),
    low: priceOrNullIn(row, '最低'),
    preClose: priceOrNullIn(row, '昨收'),
    volumeShares: sharesFromLots(decimalIn(row, '成交量')),
    amountYuan: decimalIn(row, '成交额'),
    quotedAt: null,
  };
}

function listingOf(row: SourceRow): StockListing {
  const symbol = symbolIn(row, 'code');
  const unknown = { area: null, industry: null, listDate: null, delistDate: null };
  return { symbol, name: nameIn(row, 'name'), status: 'listed', ...unknown };
}

/** The suspension of a stock on the day, if its row says that it lasts that long. */
function suspensionOf(row: SourceRow, day: string): Suspension | undefined {
  const symbol = symbolIn(row, '代码');
  const from = dayIn(row, '停牌时间');
  const length = textIn(row, '停牌期限');
  const to = dayOrNullIn(row, '停牌截止时间') ?? (openEnded.has(length) ? day : from);
  if (day < from || day > to) return undefined;
  return { symbol, day, kind: 'suspended', timing: wholeDay.has(length) ? null : length };
}

/** The factor of each day that may be one of trading, where the source gives one for each day on which it changes. */
function factorsOfDays(
  symbol: string,
  changes: readonly AdjustmentFactor[],
  start: string,
  end: string,
): AdjustmentFactor[] {
  const exchange = exchangeOf(symbol);
  const newestFirst = changes.toSorted((a, b) => b.tradeDate.localeCompare(a.tradeDate));
  return [...daysBetween(start, end)].flatMap((day) => {
    if (!mayTradeOn(exchange, day)) return [];
    const inForce = newestFirst.find(({ tradeDate }) => tradeDate <= day);
    return inForce ? [{ ...inForce, tradeDate: day }] : [];
  });
}

/**
 * AKShare through AKTools: unadjusted prices of Eastmoney and adjustment factors of Sina.
 *
 * @see https://akshare.akfamily.xyz/data/stock/stock.html
 */
export function createAkshareSource({ url, token, now }: AkshareSettings): MarketDataSource & {
  readonly fetchers: Omit<Fetchers, 'symbol_alias'>;
} {
  const credential: Credential = { variable: 'AKSHARE_API_KEY', value: token };
  const headers: Record<string, string> = token ? { authorization: `Bearer ${token}` } : {};

  function readAnswer(status: number, text: string, columns: readonly string[]): SourceRow[] {
    if (status === 404) {
      if (text.includes('数据为空')) return [];
      // What Python could not find is a column that has changed upstream, otherwise a function or an address.
      const kind = text.includes('参数错误') ? 'data' : 'request';
      throw new SourceError(kind, `HTTP 404: ${excerpt(text, credential)}; does AKTools run a recent AKShare?`);
    }
    const rows = parseJson(text, credential);
    if (!Array.isArray(rows)) throw new SourceError('data', `the answer is no list: ${excerpt(text, credential)}`);
    if (rows.length > 0) requireColumns(Object.keys(rows[0]), columns);
    return rows;
  }

  function query(name: AkshareFunction, params: Record<string, string>, call: Call): Promise<SourceRow[]> {
    // AKTools runs these values as Python code.
    const unsafe = Object.values(params).find((value) => !/^[0-9A-Za-z_-]*$/.test(value));
    if (unsafe !== undefined)
      throw new SourceError('request', `'${unsafe}' is not sent; letters and digits are allowed`);
    const address = `${url}/api/${token ? 'private' : 'public'}/${name}?${new URLSearchParams(params)}`;
    return call(async (signal) => {
      const request = { url: address, headers, credential, readableStatuses: [404], signal };
      const { status, text } = await requestText(request);
      return readAnswer(status, text, functions[name]);
    });
  }

  async function fetchSuspensions({ symbols, start, end }: Part, call: Call): Promise<Fetched<Suspension>> {
    const answers: Fetched<Suspension>[] = [];
    for (const day of daysBetween(start, end)) {
      const rows = await query('stock_tfp_em', { date: compactDay(day) }, call);
      answers.push(readRows(rows, { symbol: '代码', day: '停牌时间' }, (row) => suspensionOf(row, day)));
    }
    return aboutSymbols(joined(answers), symbols);
  }

  return {
    name: 'akshare',
    fetchers: {
      trade_cal: {
        api: 'tool_trade_date_hist_sina',
        partBy: 'whole',
        callsPerMinute,
        fetch: async ({ start, end }, call) => {
          const rows = await query('tool_trade_date_hist_sina', {}, call);
          const { rows: openDays, refused } = readRows(rows, { day: 'trade_date' }, (row) => dayIn(row, 'trade_date'));
          return { rows: calendarOf(openDays, start, end), refused };
        },
      },
      stock_basic: {
        api: 'stock_info_a_code_name',
        partBy: 'whole',
        callsPerMinute,
        fetch: async ({ symbols }, call) => {
          const rows = await query('stock_info_a_code_name', {}, call);
          return aboutSymbols(readRows(rows, { symbol: 'code' }, listingOf), symbols);
        },
      },
      suspend: { api: 'stock_tfp_em', partBy: 'day', callsPerMinute, fetch: fetchSuspensions },
      adj_factor: bySymbol('stock_zh_a_daily', callsPerMinute, async (symbol, { start, end }, call) => {
        const rows = await query('stock_zh_a_daily', { symbol: sinaSymbol(symbol), adjust: 'hfq-factor' }, call);
        const today = dayInShanghai(now());
        const changes = readRows(rows, { day: 'date' }, (row) => ({
          symbol,
          tradeDate: dayIn(row, 'date'),
          factor: decimalIn(row, 'hfq_factor'),
        }));
        return { ...changes, rows: factorsOfDays(symbol, changes.rows, start, today < end ? today : end) };
      }),
      daily: bySymbol('stock_zh_a_hist', callsPerMinute, async (symbol, { start, end }, call) => {
        const days = { start_date: compactDay(start), end_date: compactDay(end) };
        const params = { symbol: codeOf(symbol), period: 'daily', ...days, adjust: '' };
        const rows = await query('stock_zh_a_hist', params, call);
        return readRows(rows, { day: '日期' }, (row) => barOf(symbol, row));
      }),
      realtime: {
        api: 'stock_zh_a_spot_em',
        partBy: 'whole',
        callsPerMinute,
        fetch: async ({ symbols }, call) => {
          const rows = await query('stock_zh_a_spot_em', {}, call);
          return aboutSymbols(readRows(rows, { symbol: '代码' }, quoteOf), symbols);
        },
      },
    },
  };
}

/** AKShare through AKTools. */
export const akshare = describeSource({
  variables: {
    AKTOOLS_URL: optional(httpUrl, 'Where AKTools serves AKShare. Without it the source akshare is not used.'),
    AKSHARE_API_KEY: optional(secret, "Token of AKTools' private interface, where yours asks for one."),
  },
  neededVariable: 'AKTOOLS_URL',
  datasets: ['trade_cal', 'stock_basic', 'suspend', 'adj_factor', 'daily', 'realtime'],
  create: ({ AKTOOLS_URL: url, AKSHARE_API_KEY: token }, now) =>
    url ? createAkshareSource({ url, token, now }) : undefined,
});
