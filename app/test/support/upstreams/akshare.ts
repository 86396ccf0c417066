import { parseSymbol } from '../../../src/market/symbol';
import {
  type RecordedRequest,
  type Reply,
  replaced,
  replyWith,
  sampleRows,
  startFakeUpstream,
  withDashes,
} from './fake-upstream';

const site = 'https://akshare.akfamily.xyz';
const unknownFunction = { error: `未找到该接口，请升级 AKShare 到最新版本并在文档中确认该接口的使用方式：${site}` };

const unknownStock = { error: `请输入正确的参数错误 '300114'，请升级 AKShare 到最新版本：${site}` };

const faults = {
  'unknown function': replyWith(unknownFunction, 404),
  'key error': replyWith({ error: `请输入正确的参数错误 '日期'，请升级 AKShare 到最新版本：${site}` }, 404),
  'no result': replyWith({ error: `该接口返回数据为空，请确认参数是否正确：${site}` }, 404),
  'wrong columns': replaced(/"(成交量|hfq_factor|trade_date|停牌时间|name)"/g, '"renamed"'),
  'no list': replyWith({ detail: 'busy' }),
  empty: replyWith([]),
};

const iso = (day: string): string => `${day}T00:00:00.000`;

/** Every change of a factor, as Sina lists them: newest first, then the factor before the first one. */
async function factorChanges(symbol: string): Promise<Record<string, unknown>[]> {
  const factors = await sampleRows('adj_factor', [symbol], '2015-01-05', '2024-12-31');
  const changes = factors.filter(({ factor }, index) => index > 0 && factor !== factors[index - 1]?.factor);
  return [
    ...changes.map(({ tradeDate, factor }) => ({ date: iso(tradeDate), hfq_factor: `${factor}0000000000` })).reverse(),
    { date: iso('1900-01-01'), hfq_factor: '1.0000000000000000' },
  ];
}

/** What each function gives, in its own units and with its own column names. */
const functions: Record<string, (query: Record<string, string>) => Promise<Record<string, unknown>[]>> = {
  tool_trade_date_hist_sina: async () =>
    (await sampleRows('trade_cal', null, '1990-12-19', '2024-12-31'))
      .filter(({ isOpen }) => isOpen)
      .map(({ day }) => ({ trade_date: iso(day) })),
  stock_info_a_code_name: async () =>
    (await sampleRows('stock_basic')).map(({ symbol, name }) => ({ code: symbol.slice(0, 6), name })),
  stock_tfp_em: async ({ date = '' }) => {
    const day = withDashes(date);
    return (await sampleRows('suspend', null, day, day))
      .filter(({ kind }) => kind === 'suspended')
      .map(({ symbol, timing }, index) => ({
        序号: index + 1,
        代码: symbol.slice(0, 6),
        名称: '示例',
        停牌时间: iso(day),
        停牌截止时间: null,
        停牌期限: timing ? '盘中停牌' : '停牌一天',
        停牌原因: '重大事项',
      }));
  },
  stock_zh_a_daily: async ({ symbol = '' }) => factorChanges(parseSymbol(symbol)),
  stock_zh_a_hist: async ({ symbol = '', start_date: start = '', end_date: end = '' }) =>
    (await sampleRows('daily', [parseSymbol(symbol)], withDashes(start), withDashes(end))).map((bar) => ({
      日期: iso(bar.tradeDate),
      股票代码: symbol,
      开盘: Number(bar.open),
      收盘: Number(bar.close),
      最高: Number(bar.high),
      最低: Number(bar.low),
      成交量: bar.volumeShares / 100,
      成交额: Number(bar.amountYuan),
      振幅: 1.5,
      涨跌幅: Number(bar.changePercent),
      涨跌额: Number(bar.change),
      换手率: 0.5,
    })),
  stock_zh_a_spot_em: async () =>
    (await sampleRows('realtime')).map((quote, index) => ({
      序号: index + 1,
      代码: quote.symbol.slice(0, 6),
      名称: '示例',
      最新价: Number(quote.price),
      成交量: quote.volumeShares / 100,
      成交额: Number(quote.amountYuan),
      最高: Number(quote.high),
      最低: Number(quote.low),
      今开: Number(quote.open),
      昨收: Number(quote.preClose),
    })),
};

interface FakeAktoolsOptions {
  /** Token of the private interface; without it the public one answers. */
  token?: string;
  /** Stocks, by their codes, that the function for bars fails on, with the status it fails with. */
  failingCodes?: Readonly<Record<string, 404 | 500>>;
  /** Changes every row before it is sent. */
  changeRows?: (row: Record<string, unknown>) => void;
  /** Whether a fund and a stock without a price stand among the quotes and listings. */
  hasStranger?: boolean;
}

const strangers = [
  { 代码: '510300', code: '510300', name: '300ETF', 最新价: 3.5, 停牌时间: iso('2024-01-02') },
  { 代码: '600000', code: '600000', name: '示例', 最新价: null, 停牌时间: iso('2099-01-01'), 停牌期限: '停牌一天' },
];

/** Starts a server that speaks like AKTools and knows the sample's market. */
export function startFakeAktools({
  token,
  failingCodes = {},
  hasStranger = false,
  changeRows = () => undefined,
}: FakeAktoolsOptions = {}) {
  async function answer({ path, query, headers }: RecordedRequest): Promise<Reply> {
    const name = path.split('/').at(-1) ?? '';
    const read = functions[name];
    const isAllowed = token ? headers.authorization === `Bearer ${token}` : path.startsWith('/api/public/');
    if (!isAllowed) return { status: 401, body: JSON.stringify({ detail: 'Not authenticated' }) };
    if (!read) return { status: 404, body: JSON.stringify(unknownFunction) };
    const failure = name === 'stock_zh_a_hist' ? failingCodes[query.symbol ?? ''] : undefined;
    if (failure === 404) return { status: 404, body: JSON.stringify(unknownStock) };
    if (failure === 500) return { status: 500, body: 'Internal Server Error' };
    const rows = await read(query);
    rows.forEach(changeRows);
    return { body: JSON.stringify(hasStranger ? [...rows, ...strangers] : rows) };
  }
  return startFakeUpstream(answer, faults);
}
