import type { DailyBar } from '../market/daily-bar';
import type { AdjustmentFactor, Quote, StockListing, Suspension } from '../market/dataset';
import { datasets } from '../market/dataset';
import type { Exchange } from '../market/symbol';
import { compactDay, daysBetween } from '../market/trading-day';
import { withWeekendSessions } from '../market/weekend-sessions';
import { closedMap } from '../runtime/closed-map';
import { count, httpUrl, optional, secret, withDefault } from '../runtime/variable';
import { type Credential, excerpt, parseJson, requestText } from './http-request';
import type { Call, Fetched, Fetchers, MarketDataSource, Part } from './source';
import { describeSource } from './source-descriptor';
import { SourceError, type SourceErrorKind } from './source-error';
import {
  aboutSymbols,
  codedIn,
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
  textOrNullIn,
} from './source-rows';
import { sharesFromLots, yuanFromThousands } from './units';

interface TushareSettings {
  /** The HTTP API, such as http://api.tushare.pro. */
  url: string;
  token: string;
  callsPerMinute: number;
}

/** Rows at which Tushare cuts an answer off: more than a day of the whole market has. */
const pageSize = 6000;

/** Times that pages are read before they are given up. */
const mostReadings = 3;

/** The columns by which a row that comes on two pages is known. */
const identifying = ['ts_code', 'trade_date', 'cal_date', 'o_code', 'suspend_timing', 'suspend_type'];

/** The limit that Tushare sets itself for interfaces that are dear to it. */
const slowCallsPerMinute = 50;

/** The day on which Beijing gave the stocks it then listed numbers that begin with 920. */
const beijingRenumberingDay = '2025-10-09';

/** Every stock, as the wildcards of rt_k. */
const wholeMarket = '3*.SZ,6*.SH,0*.SZ,9*.BJ';

interface Refusal {
  pattern: RegExp;
  kind: SourceErrorKind;
  retryAfterSeconds?: number;
}

// In this order: the texts about limits speak of permissions too. The code tells less, as 40203 stands for all of them.
const refusals: readonly Refusal[] = [
  { pattern: /每分钟最多访问|次\/分钟/, kind: 'rate_limit', retryAfterSeconds: 60 },
  { pattern: /每小时最多访问|次\/小时/, kind: 'rate_limit', retryAfterSeconds: 3600 },
  { pattern: /每天最多访问|次\/天/, kind: 'quota' },
  { pattern: /频率超限|请求过于频繁/, kind: 'rate_limit', retryAfterSeconds: 60 },
  { pattern: /token/i, kind: 'auth' },
  { pattern: /没有.*权限|权限不足|积分/, kind: 'permission' },
  { pattern: /参数/, kind: 'request' },
];

const kindsByCode: Readonly<Record<number, SourceErrorKind>> = {
  40101: 'auth',
  2002: 'permission',
  [-2002]: 'permission',
  40203: 'rate_limit',
  [-2001]: 'request',
};

const advice: Partial<Record<SourceErrorKind, string>> = {
  auth: '; correct TUSHARE_API_KEY',
  permission: '; get the points for it, or name other sources for the dataset in SOURCE_PRIORITY',
};

function refusalOf(code: number, message: string, credential: Credential): SourceError {
  const known = refusals.find(({ pattern }) => pattern.test(message));
  const kind = known?.kind ?? kindsByCode[code] ?? 'data';
  const text = `${excerpt(message, credential)} (code ${code})${advice[kind] ?? ''}`;
  return new SourceError(kind, text, known?.retryAfterSeconds);
}

interface Page {
  rows: SourceRow[];
  hasMore: boolean;
}

function readPage(text: string, columns: readonly string[], credential: Credential): Page {
  const { code, msg, data } = (parseJson(text, credential) ?? {}) as {
    code?: unknown;
    msg?: unknown;
    data?: { fields?: unknown; items?: unknown; has_more?: unknown } | null;
  };
  if (typeof code !== 'number') throw new SourceError('data', `the answer has no code: ${excerpt(text, credential)}`);
  if (code !== 0) throw refusalOf(code, String(msg), credential);
  const { fields, items, has_more: hasMore } = data ?? {};
  if (!Array.isArray(fields) || !Array.isArray(items)) {
    throw new SourceError('data', 'the answer has no data.fields and data.items');
  }
  requireColumns(fields, columns);
  const misshapen = items.find((item) => !Array.isArray(item) || item.length !== fields.length);
  if (misshapen)
    throw new SourceError('data', `a row does not have the ${fields.length} fields that data.fields names`);
  if (hasMore === true && items.length === 0) {
    throw new SourceError('data', 'the answer says that there is more, but has no rows');
  }
  const rows = items.map((item) => Object.fromEntries(fields.map((field, index) => [field, item[index]])));
  return { rows, hasMore: hasMore === true };
}

/** The columns of the interface `daily` that are read. */
export const dailyColumns = [
  'ts_code',
  'trade_date',
  'open',
  'high',
  'low',
  'close',
  'pre_close',
  'change',
  'pct_chg',
  'vol',
  'amount',
] as const;

/** A row of the interface `daily`. */
export const tushareBarOf = (row: SourceRow): DailyBar => ({
  symbol: symbolIn(row, 'ts_code'),
  tradeDate: dayIn(row, 'trade_date'),
  open: decimalIn(row, 'open'),
  high: decimalIn(row, 'high'),
  low: decimalIn(row, 'low'),
  close: decimalIn(row, 'close'),
  preClose: priceOrNullIn(row, 'pre_close'),
  change: decimalOrNullIn(row, 'change'),
  changePercent: decimalOrNullIn(row, 'pct_chg'),
  volumeShares: sharesFromLots(decimalIn(row, 'vol')),
  amountYuan: yuanFromThousands(decimalIn(row, 'amount')),
});

const factorOf = (row: SourceRow): AdjustmentFactor => ({
  symbol: symbolIn(row, 'ts_code'),
  tradeDate: dayIn(row, 'trade_date'),
  factor: decimalIn(row, 'adj_factor'),
});

const listStatuses = closedMap<StockListing['status']>({ L: 'listed', D: 'delisted', P: 'paused' });
const suspensionKinds = closedMap<Suspension['kind']>({ S: 'suspended', R: 'resumed' });
const openOrClosed = closedMap({ 0: false, 1: true });

const listingOf = (row: SourceRow): StockListing => ({
  symbol: symbolIn(row, 'ts_code'),
  name: nameIn(row, 'name'),
  area: textOrNullIn(row, 'area'),
  industry: textOrNullIn(row, 'industry'),
  status: codedIn(row, 'list_status', listStatuses),
  listDate: dayOrNullIn(row, 'list_date'),
  delistDate: dayOrNullIn(row, 'delist_date'),
});

const suspensionOf = (row: SourceRow): Suspension => ({
  symbol: symbolIn(row, 'ts_code'),
  day: dayIn(row, 'trade_date'),
  kind: codedIn(row, 'suspend_type', suspensionKinds),
  timing: textOrNullIn(row, 'suspend_timing'),
});

/** When a quote was made: rt_k gives a time, with or without its day, or none. */
function quotedAt(row: SourceRow): string | null {
  const given = /^(?:(\d{4}-\d{2}-\d{2}) )?(\d{2}:\d{2}:\d{2})/.exec(String(row.trade_time));
  const [, day, time] = given ?? [];
  return day ? `${day}T${time}+08:00` : (time ?? null);
}

// Unlike daily, rt_k counts in shares and yuan. A stock that is suspended has no price, and so no quote.
function quoteOf(row: SourceRow): Quote | undefined {
  const symbol = symbolIn(row, 'ts_code');
  const price = priceOrNullIn(row, 'close');
  if (price === null) return undefined;
  return {
    symbol,
    price,
    open: priceOrNullIn(row, 'open'),
    high: priceOrNullIn(row, 'high'),
    low: priceOrNullIn(row, 'low'),
    preClose: priceOrNullIn(row, 'pre_close'),
    volumeShares: Math.round(Number(decimalIn(row, 'vol'))),
    amountYuan: decimalIn(row, 'amount'),
    quotedAt: quotedAt(row),
  };
}

/**
 * Tushare Pro over HTTP.
 *
 * @see https://tushare.pro/document/1?doc_id=130 and, for each interface, the page named after it there
 */
export function createTushareSource(settings: TushareSettings): MarketDataSource & { readonly fetchers: Fetchers } {
  const { url, token, callsPerMinute } = settings;
  const credential: Credential = { variable: 'TUSHARE_API_KEY', value: token };
  const slow = Math.min(callsPerMinute, slowCallsPerMinute);

  async function query(
    api: string,
    columns: readonly string[],
    params: Record<string, string>,
    call: Call,
  ): Promise<SourceRow[]> {
    // The order may shift while pages are turned. Rows that then come twice push out others, which would be missing.
    for (let reading = 1; ; reading++) {
      const { rows, repeated } = await turnPages(api, columns, params, call);
      if (repeated === undefined) return rows;
      if (reading === mostReadings) {
        const reason = `${repeated} stands on two pages, so other rows stand on none`;
        throw new SourceError('data', `tushare ${api}: ${reason}; read ${mostReadings} times`);
      }
    }
  }

  /** Reads page after page until there is no more, or a row comes again. */
  async function turnPages(api: string, columns: readonly string[], params: Record<string, string>, call: Call) {
    const rows: SourceRow[] = [];
    const key = columns.filter((column) => identifying.includes(column));
    const seen = new Set<string>();
    for (;;) {
      const body = {
        api_name: api,
        token,
        params: { ...params, limit: pageSize, offset: rows.length },
        fields: columns.join(','),
      };
      const page = await call(async (signal) =>
        readPage((await requestText({ url, body, credential, signal })).text, columns, credential),
      );
      const names = page.rows.map((row) => key.map((column) => row[column]).join(' '));
      const repeated = names.find((name) => seen.has(name));
      rows.push(...page.rows);
      if (repeated !== undefined || !page.hasMore) return { rows, repeated };
      for (const name of names) seen.add(name);
    }
  }

  /** The rows of an interface that is asked by stock over several days, or for one day of every stock. */
  async function queryDays(
    api: string,
    columns: readonly string[],
    { symbols, start, end }: Part,
    call: Call,
  ): Promise<SourceRow[]> {
    if (symbols) {
      const params = { ts_code: symbols.join(','), start_date: compactDay(start), end_date: compactDay(end) };
      return query(api, columns, params, call);
    }
    const rows: SourceRow[] = [];
    for (const day of daysBetween(start, end)) {
      rows.push(...(await query(api, columns, { trade_date: compactDay(day) }, call)));
    }
    return rows;
  }

  async function fetchListings({ symbols }: Part, call: Call): Promise<Fetched<StockListing>> {
    const columns = ['ts_code', 'name', 'area', 'industry', 'list_status', 'list_date', 'delist_date'];
    const answers: Fetched<StockListing>[] = [];
    for (const status of ['L', 'D', 'P']) {
      const rows = await query('stock_basic', columns, { list_status: status }, call);
      answers.push(readRows(rows, { symbol: 'ts_code' }, listingOf));
    }
    return aboutSymbols(joined(answers), symbols);
  }

  const stockAndDay = { symbol: 'ts_code', day: 'trade_date' };
  return {
    name: 'tushare',
    fetchers: {
      trade_cal: {
        api: 'trade_cal',
        partBy: 'whole',
        callsPerMinute,
        fetch: async ({ start, end }, call) => {
          const readDays = async (code: string, exchange: Exchange) => {
            const params = { exchange: code, start_date: compactDay(start), end_date: compactDay(end) };
            const rows = await query('trade_cal', ['cal_date', 'is_open'], params, call);
            return readRows(rows, { day: 'cal_date' }, (row) => ({
              exchange,
              day: dayIn(row, 'cal_date'),
              isOpen: codedIn(row, 'is_open', openOrClosed),
            }));
          };
          const shanghai = await readDays('SSE', 'SH');
          const shenzhen = await readDays('SZSE', 'SZ');
          const isOpenInShanghai = new Map(shanghai.rows.map(({ day, isOpen }) => [day, isOpen]));
          const different = shenzhen.rows.filter(({ day, isOpen }) => isOpenInShanghai.get(day) !== isOpen);
          return {
            rows: withWeekendSessions([...shanghai.rows, ...different], start, end),
            refused: [...shanghai.refused, ...shenzhen.refused],
          };
        },
      },
      stock_basic: { api: 'stock_basic', partBy: 'whole', callsPerMinute: slow, fetch: fetchListings },
      symbol_alias: {
        api: 'bse_mapping',
        partBy: 'whole',
        callsPerMinute: slow,
        fetch: async (_part, call) =>
          readRows(await query('bse_mapping', ['o_code', 'n_code'], {}, call), { symbol: 'o_code' }, (row) => ({
            oldSymbol: symbolIn(row, 'o_code'),
            symbol: symbolIn(row, 'n_code'),
            effectiveDate: beijingRenumberingDay,
          })),
      },
      suspend: {
        api: 'suspend_d',
        partBy: 'day',
        callsPerMinute,
        fetch: async (part, call) => {
          const columns = ['ts_code', 'trade_date', 'suspend_timing', 'suspend_type'];
          return readRows(await queryDays('suspend_d', columns, part, call), stockAndDay, suspensionOf);
        },
      },
      adj_factor: {
        api: 'adj_factor',
        partBy: 'day',
        callsPerMinute,
        fetch: async (part, call) => {
          const columns = ['ts_code', 'trade_date', 'adj_factor'];
          return readRows(await queryDays('adj_factor', columns, part, call), stockAndDay, factorOf);
        },
      },
      daily: {
        api: 'daily',
        partBy: 'day',
        callsPerMinute,
        fetch: async (part, call) =>
          readRows(await queryDays('daily', dailyColumns, part, call), stockAndDay, tushareBarOf),
      },
      realtime: {
        api: 'rt_k',
        partBy: 'whole',
        callsPerMinute: slow,
        fetch: async ({ symbols }, call) => {
          const columns = ['ts_code', 'pre_close', 'open', 'high', 'low', 'close', 'vol', 'amount', 'trade_time'];
          const rows = await query('rt_k', columns, { ts_code: symbols?.join(',') ?? wholeMarket }, call);
          return readRows(rows, { symbol: 'ts_code' }, quoteOf);
        },
      },
    },
  };
}

/** Tushare Pro. */
export const tushare = describeSource({
  variables: {
    TUSHARE_API_KEY: optional(secret, 'Token of Tushare Pro. Without it the source tushare is not used.'),
    TUSHARE_HTTP_URL: withDefault(httpUrl, 'http://api.tushare.pro', 'Where the HTTP API of Tushare Pro is.'),
    TUSHARE_CALLS_PER_MINUTE: withDefault(
      count(1),
      200,
      'Calls a minute that your points at Tushare allow for one interface; interfaces with a lower limit keep it.',
    ),
  },
  neededVariable: 'TUSHARE_API_KEY',
  datasets,
  create: ({ TUSHARE_HTTP_URL: url, TUSHARE_API_KEY: token, TUSHARE_CALLS_PER_MINUTE: callsPerMinute }) =>
    token ? createTushareSource({ url, token, callsPerMinute }) : undefined,
});
