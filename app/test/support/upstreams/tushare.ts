import {
  type RecordedRequest,
  type Reply,
  replaced,
  replyWith,
  sampleRows,
  startFakeUpstream,
  withDashes,
} from './fake-upstream';

const details = '权限的具体详情访问：https://tushare.pro/document/1?doc_id=108。';
const refusal = (code: number, msg: string) => replyWith({ request_id: 'fake', code, msg, data: null });

const faults = {
  'minute limit': refusal(40203, `抱歉，您每分钟最多访问该接口2次，${details}`),
  'new minute limit': refusal(40203, '访问接口(daily)频率超限(300次/分钟)'),
  'hour limit': refusal(40203, `抱歉，您每小时最多访问该接口1次，${details}`),
  'day limit': refusal(40203, `抱歉，您每天最多访问该接口2次，${details}`),
  'no permission': refusal(40203, `抱歉，您没有访问该接口的权限，${details}`),
  'old no permission': refusal(-2002, `没有权限访问该接口，${details}`),
  'wrong token': refusal(40101, '您的token不对，请确认。'),
  'bad parameter': refusal(-2001, '参数校验失败，请确认参数'),
  'unknown error': refusal(-1, '未知'),
  'no data': replyWith({ code: 0, msg: '', data: null }),
  'no code': replyWith({ detail: 'Not Found' }),
  'wrong columns': replaced(/"(vol|adj_factor|is_open|n_code|suspend_type|name)"/g, '"renamed"'),
  empty: replaced(/"items":\[.*\](?=,"has_more")/g, '"items":[]'),
  'endless pages': replaced(/"items":\[.*\],"has_more":false/g, '"items":[],"has_more":true'),
};

const compact = (day: string | null): string | null => day?.replaceAll('-', '') ?? null;

interface Params {
  exchange?: string;
  ts_code?: string;
  trade_date?: string;
  start_date?: string;
  end_date?: string;
  list_status?: string;
  limit?: number;
  offset?: number;
}

const partOf = ({ ts_code: codes, trade_date: day, start_date: start, end_date: end }: Params) =>
  [codes?.split(',') ?? null, withDashes(day ?? start ?? ''), withDashes(day ?? end ?? '')] as const;

/** What each interface gives, in its own units and its own words. */
const interfaces: Record<string, (params: Params) => Promise<Record<string, unknown>[]>> = {
  trade_cal: async (params) =>
    (await sampleRows('trade_cal', ...partOf(params))).map(({ day, isOpen }) => ({
      exchange: params.exchange,
      cal_date: compact(day),
      is_open: isOpen ? '1' : '0',
    })),
  stock_basic: async ({ list_status: status }) =>
    status !== 'L'
      ? []
      : (await sampleRows('stock_basic')).map(({ symbol, name, industry, listDate }) => ({
          ts_code: symbol,
          name,
          area: '深圳',
          industry,
          list_status: 'L',
          list_date: compact(listDate),
          delist_date: null,
        })),
  bse_mapping: async () =>
    (await sampleRows('symbol_alias')).map(({ oldSymbol, symbol }) => ({
      name: '示例',
      o_code: oldSymbol,
      n_code: symbol,
      list_date: '20200727',
    })),
  suspend_d: async (params) =>
    (await sampleRows('suspend', ...partOf(params))).map(({ symbol, day, kind, timing }) => ({
      ts_code: symbol,
      trade_date: compact(day),
      suspend_timing: timing,
      suspend_type: kind === 'suspended' ? 'S' : 'R',
    })),
  adj_factor: async (params) =>
    (await sampleRows('adj_factor', ...partOf(params))).map(({ symbol, tradeDate, factor }) => ({
      ts_code: symbol,
      trade_date: compact(tradeDate),
      adj_factor: Number(factor),
    })),
  daily: async (params) =>
    (await sampleRows('daily', ...partOf(params))).map((bar) => ({
      ts_code: bar.symbol,
      trade_date: compact(bar.tradeDate),
      open: Number(bar.open),
      high: Number(bar.high),
      low: Number(bar.low),
      close: Number(bar.close),
      pre_close: Number(bar.preClose),
      change: Number(bar.change),
      pct_chg: Number(bar.changePercent),
      vol: bar.volumeShares / 100,
      amount: Number((Number(bar.amountYuan) / 1000).toFixed(5)),
    })),
  rt_k: async ({ ts_code: codes }) =>
    (await sampleRows('realtime', codes?.includes('*') ? null : codes?.split(','))).map((quote) => ({
      ts_code: quote.symbol,
      name: '示例',
      pre_close: Number(quote.preClose),
      open: Number(quote.open),
      high: Number(quote.high),
      low: Number(quote.low),
      close: Number(quote.price),
      vol: quote.volumeShares,
      amount: Number(quote.amountYuan),
      trade_time: quote.quotedAt?.slice(11, 19),
    })),
};

/** A fund, as it may stand among stocks. */
const stranger = { ts_code: '510300.SH', trade_date: '20240102', name: '300ETF', list_status: 'L' };

interface FakeTushareOptions {
  token?: string;
  /** Rows it gives in one answer at most. */
  largestPage?: number;
  /** Whether a fund stands among the stocks. */
  hasStranger?: boolean;
  /** Puts the rows of a question into another order, given how many pages were asked for so far. */
  reorder?: (rows: Record<string, unknown>[], pagesSoFar: number) => Record<string, unknown>[];
  /** Changes every row before it is sent. */
  changeRows?: (row: Record<string, unknown>) => void;
}

/** Starts a server that speaks like Tushare Pro and knows the sample's market. */
export function startFakeTushare({
  token = 'right-token',
  largestPage = 6000,
  hasStranger = false,
  changeRows = () => undefined,
  reorder = (rows) => rows,
}: FakeTushareOptions = {}) {
  let pages = 0;
  async function answer({ body }: RecordedRequest): Promise<Reply> {
    const read = interfaces[body.api_name];
    if (body.token !== token)
      return { body: JSON.stringify({ code: 40101, msg: '您的token不对，请确认。', data: null }) };
    if (!read) return { body: JSON.stringify({ code: -2001, msg: '请指定正确的接口名', data: null }) };
    const params = body.params as Params;
    const all = reorder(await read(params), pages++);
    if (hasStranger) all.push(stranger);
    all.forEach(changeRows);
    const offset = params.offset ?? 0;
    const last = offset + Math.min(params.limit ?? largestPage, largestPage);
    // The order of the columns is the server's affair.
    const fields = (body.fields as string).split(',').reverse();
    const items = all.slice(offset, last).map((row) => fields.map((field) => row[field] ?? null));
    return {
      body: JSON.stringify({
        request_id: 'fake',
        code: 0,
        msg: '',
        data: { fields, items, has_more: last < all.length, count: -1 },
      }),
    };
  }
  return startFakeUpstream(answer, faults);
}
