import { daysBetween } from '../../../src/market/trading-day';
import { type RecordedRequest, type Reply, replaced, replyWith, sampleRows, startFakeUpstream } from './fake-upstream';

const refusal = (code: number, message: string) => ({
  status: 'error',
  message,
  error_name: 'RequestError',
  error_code: code,
});

const faults = {
  'no data': replyWith(refusal(-40520007, '没有可用数据'), 400),
  'quota used up': replyWith(refusal(-40522017, '数据提取量超限'), 400),
  'not logged in': replyWith(refusal(-40520004, '登陆失败，请确保Wind终端和编程程序以相同的windows权限启动'), 400),
  'network timeout': replyWith(refusal(-40521010, '网络超时'), 400),
  'bad indicator': replyWith(refusal(-40522006, '指标语法错误。请检查代码中的相关指标是否正确，无缺失或重复'), 400),
  'unknown code': replyWith(refusal(-1, ''), 400),
  'wrong columns': replaced(/"(VOLUME|ADJFACTOR|wind_code)"/g, '"renamed"'),
  'no table': replyWith(null),
  empty: replyWith({}),
};

/** A value that JSON has no word for, in the place of which Python writes NaN. */
const notANumber = 'not a number';

type Rows = Record<string, Record<string, unknown>>;

async function prices(symbol: string, start: string, end: string): Promise<Rows> {
  const bars = new Map((await sampleRows('daily', [symbol], start, end)).map((bar) => [bar.tradeDate, bar]));
  const factors = await sampleRows('adj_factor', [symbol], start, end);
  const row = (day: string) => {
    const bar = bars.get(day);
    const empty = {
      OPEN: notANumber,
      HIGH: notANumber,
      LOW: notANumber,
      CLOSE: 10,
      VOLUME: notANumber,
      AMT: notANumber,
    };
    if (!bar) return { ...empty, PRE_CLOSE: 10, PCT_CHG: notANumber };
    return {
      OPEN: Number(bar.open),
      HIGH: Number(bar.high),
      LOW: Number(bar.low),
      CLOSE: Number(bar.close),
      PRE_CLOSE: Number(bar.preClose),
      VOLUME: bar.volumeShares,
      AMT: Number(bar.amountYuan),
      PCT_CHG: Number(bar.changePercent),
    };
  };
  return Object.fromEntries(
    factors.map(({ tradeDate, factor }) => [tradeDate, { ...row(tradeDate), ADJFACTOR: Number(factor) }]),
  );
}

const numbered = (rows: Record<string, unknown>[]): Rows =>
  Object.fromEntries(rows.map((row, index) => [String(index + 1), row]));

async function listing(): Promise<Rows> {
  const stocks = await sampleRows('stock_basic');
  return numbered(stocks.map(({ symbol, name }) => ({ date: '2024-01-02', wind_code: symbol, sec_name: name })));
}

async function suspensions(options: Record<string, string>): Promise<Rows> {
  const rows = await sampleRows('suspend', null, options.startdate, options.enddate);
  return numbered(
    rows
      .filter(({ kind }) => kind === 'suspended')
      .map(({ symbol, day, timing }) => ({
        date: day,
        wind_code: symbol,
        suspend_type: timing ? '盘中停牌' : '停牌一天',
      })),
  );
}

async function tradingDays(start: string, end: string): Promise<string[]> {
  const calendar = await sampleRows('trade_cal', null, start, end);
  return [...daysBetween(start, end)].filter((day) => calendar.some((row) => row.day === day && row.isOpen));
}

const optionsOf = (text: string): Record<string, string> =>
  Object.fromEntries(text.split(';').map((option) => option.split('=')));

interface FakeWindOptions {
  token?: string;
  /** Whether a fund stands among the stocks. */
  hasStranger?: boolean;
}

/** Starts a server that speaks like a DIRestPlus gateway and knows the sample's market. */
export function startFakeWind({ token, hasStranger = false }: FakeWindOptions = {}) {
  async function read({ path, body }: RecordedRequest): Promise<unknown> {
    if (path === '/wind/tdays/') return tradingDays(body.beginTime, body.endTime);
    if (path === '/wind/wsd/') {
      const rows = await prices(body.codes, body.beginTime, body.endTime);
      const fields = (body.fields as string).toUpperCase().split(',');
      return Object.fromEntries(
        Object.entries(rows).map(([day, row]) => [day, Object.fromEntries(fields.map((field) => [field, row[field]]))]),
      );
    }
    const rows = body.tablename === 'tradesuspend' ? await suspensions(optionsOf(body.options)) : await listing();
    const stranger = { date: '2024-01-02', wind_code: '510300.SH', sec_name: '300ETF', suspend_type: '停牌一天' };
    return hasStranger ? { ...rows, stranger } : rows;
  }
  async function answer(request: RecordedRequest): Promise<Reply> {
    if (token && request.headers.authorization !== `Bearer ${token}`) return { status: 401, body: '{}' };
    if (request.path === '/wind/wsd/' && request.body.codes.endsWith('.BJ')) {
      return { status: 400, body: JSON.stringify(refusal(-40522005, '不支持的万得代码')) };
    }
    return { body: JSON.stringify(await read(request)).replaceAll(`"${notANumber}"`, 'NaN') };
  }
  return startFakeUpstream(answer, faults);
}
