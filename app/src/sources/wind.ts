import type { DailyBar } from '../market/daily-bar';
import type { AdjustmentFactor, StockListing, Suspension } from '../market/dataset';
import { isDay } from '../market/trading-day';
import { httpUrl, optional, secret } from '../runtime/variable';
import { bySymbol } from './by-symbol';
import { type Credential, excerpt, parseJson, requestText } from './http-request';
import { calendarOf } from './open-days';
import type { Call, Fetchers, MarketDataSource, Part } from './source';
import { describeSource } from './source-descriptor';
import { SourceError, type SourceErrorKind } from './source-error';
import {
  aboutSymbols,
  dayIn,
  decimalIn,
  decimalOrNullIn,
  isEmpty,
  nameIn,
  priceOrNullIn,
  readRows,
  requireColumns,
  type SourceRow,
  symbolIn,
  textIn,
} from './source-rows';

interface WindSettings {
  /** Where the DIRestPlus gateway is, such as http://wind:5000. */
  url: string;
  token: string | undefined;
}

const callsPerMinute = 60;

const noData = 'no data';

/** What the error codes of Wind mean. */
const errorCodes: Readonly<Record<number, SourceErrorKind | typeof noData>> = {
  [-40520007]: noData,
  [-40520004]: 'auth',
  [-40520008]: 'network',
  [-40521004]: 'network',
  [-40521009]: 'request',
  [-40521010]: 'network',
  [-40522003]: 'request',
  [-40522005]: 'request',
  [-40522006]: 'request',
  [-40522017]: 'quota',
  [-40522018]: 'request',
};

/** All A shares, as Wind numbers its lists of stocks. */
const allShares = 'a001010100000000';

const wholeDay = new Set(['全天停牌', '停牌一天', '连续停牌', '今起停牌', '暂停交易']);

// How Python writes what is not a number, outside of strings; JSON has no word for it.
const withoutNaN = (text: string): string =>
  text.replace(/"(?:[^"\\]|\\.)*"|-?\b(?:NaN|Infinity)\b/g, (token) => (token.startsWith('"') ? token : 'null'));

function failureOf(text: string, credential: Credential): SourceError | undefined {
  const answer = parseJson(text, credential) as { message?: unknown; error_code?: unknown } | null;
  const kind = errorCodes[Number(answer?.error_code)];
  if (kind === noData) return undefined;
  const advice = kind === 'auth' ? '; log in to the Wind terminal of the gateway at WIND_URL' : '';
  const message = `${excerpt(String(answer?.message), credential)} (code ${answer?.error_code})${advice}`;
  return new SourceError(kind ?? 'data', message);
}

const upperCased = (row: object): SourceRow =>
  Object.fromEntries(Object.entries(row).map(([name, value]) => [name.toUpperCase(), value]));

const barFields = ['OPEN', 'HIGH', 'LOW', 'CLOSE', 'PRE_CLOSE', 'VOLUME', 'AMT', 'PCT_CHG'];

// Wind has a row for every day of the calendar; on a day without trade it is empty or repeats the last close.
const isWithoutTrade = (row: SourceRow): boolean => isEmpty(row, 'OPEN') || !Number(row.VOLUME);

const barOf = (symbol: string, row: SourceRow): DailyBar | undefined =>
  isWithoutTrade(row)
    ? undefined
    : {
        symbol,
        tradeDate: dayIn(row, 'DAY'),
        open: decimalIn(row, 'OPEN'),
        high: decimalIn(row, 'HIGH'),
        low: decimalIn(row, 'LOW'),
        close: decimalIn(row, 'CLOSE'),
        preClose: priceOrNullIn(row, 'PRE_CLOSE'),
        change: null,
        changePercent: decimalOrNullIn(row, 'PCT_CHG'),
        volumeShares: Math.round(Number(decimalIn(row, 'VOLUME'))),
        amountYuan: decimalIn(row, 'AMT'),
      };

const factorOf = (symbol: string, row: SourceRow): AdjustmentFactor | undefined =>
  isEmpty(row, 'ADJFACTOR') ? undefined : { symbol, tradeDate: dayIn(row, 'DAY'), factor: decimalIn(row, 'ADJFACTOR') };

function listingOf(row: SourceRow): StockListing {
  const symbol = symbolIn(row, 'WIND_CODE');
  const unknown = { area: null, industry: null, listDate: null, delistDate: null };
  return { symbol, name: nameIn(row, 'SEC_NAME'), status: 'listed', ...unknown };
}

function suspensionOf(row: SourceRow): Suspension {
  const symbol = symbolIn(row, 'WIND_CODE');
  const length = textIn(row, 'SUSPEND_TYPE');
  return { symbol, day: dayIn(row, 'DATE'), kind: 'suspended', timing: wholeDay.has(length) ? null : length };
}

/**
 * Wind through a DIRestPlus gateway in front of a Wind terminal. Prices and factors of Beijing's stocks are not asked for.
 *
 * @see https://github.com/DataIntegrationAlliance/DIRestPlus
 */
export function createWindSource({ url, token }: WindSettings): MarketDataSource & {
  readonly fetchers: Omit<Fetchers, 'symbol_alias' | 'realtime'>;
} {
  const credential: Credential = { variable: 'WIND_API_KEY', value: token };
  const headers: Record<string, string> = token ? { authorization: `Bearer ${token}` } : {};

  /** Calls a function of Wind; undefined where it has no data. */
  async function post(name: 'wsd' | 'wset' | 'tdays', body: object, signal: AbortSignal): Promise<unknown> {
    const request = { url: `${url}/wind/${name}/`, body, headers, credential, readableStatuses: [400], signal };
    const { status, text } = await requestText(request);
    if (status !== 400) return parseJson(withoutNaN(text), credential);
    const failure = failureOf(text, credential);
    if (failure) throw failure;
    return undefined;
  }

  /** The rows of an answer that is an object of rows; the key of each goes into the column DAY. */
  async function queryRows(
    name: 'wsd' | 'wset',
    body: object,
    columns: readonly string[],
    call: Call,
  ): Promise<SourceRow[]> {
    return call(async (signal) => {
      const answer = await post(name, body, signal);
      if (answer === undefined) return [];
      if (answer === null || typeof answer !== 'object') throw new SourceError('data', 'the answer is no table');
      const rows = Object.entries(answer).map(([key, row]) => ({ ...upperCased(row as object), DAY: key }));
      if (rows[0]) requireColumns(Object.keys(rows[0]), columns);
      return rows;
    });
  }

  /** Values of one stock, a row for each day, which stands in the column DAY. */
  async function queryStock(symbol: string, fields: readonly string[], { start, end }: Part, call: Call) {
    if (symbol.endsWith('.BJ')) throw new SourceError('request', `wind is not asked for stocks of Beijing: ${symbol}`);
    const options = 'PriceAdj=U;Period=D;Days=Trading;TradingCalendar=SSE';
    const body = { codes: symbol, fields: fields.join(',').toLowerCase(), beginTime: start, endTime: end, options };
    return queryRows('wsd', body, fields, call);
  }

  const seriesOf = <Row>(fields: readonly string[], read: (symbol: string, row: SourceRow) => Row | undefined) =>
    bySymbol('wsd', callsPerMinute, async (symbol, part, call) => {
      const rows = await queryStock(symbol, fields, part, call);
      return readRows(rows, { day: 'DAY' }, (row) => read(symbol, row));
    });

  return {
    name: 'wind',
    fetchers: {
      trade_cal: {
        api: 'tdays',
        partBy: 'whole',
        callsPerMinute,
        fetch: async ({ start, end }, call) => {
          const body = { beginTime: start, endTime: end, options: 'TradingCalendar=SSE' };
          const openDays = await call(async (signal) => {
            const answer = (await post('tdays', body, signal)) ?? [];
            if (!Array.isArray(answer) || !answer.every((day) => typeof day === 'string' && isDay(day))) {
              throw new SourceError('data', 'the answer is no list of days');
            }
            return answer;
          });
          return { rows: calendarOf(openDays, start, end), refused: [] };
        },
      },
      stock_basic: {
        api: 'wset',
        partBy: 'whole',
        callsPerMinute,
        fetch: async ({ symbols, end }, call) => {
          const body = { tablename: 'sectorconstituent', options: `date=${end};sectorid=${allShares}` };
          const answer = await queryRows('wset', body, ['WIND_CODE', 'SEC_NAME'], call);
          return aboutSymbols(readRows(answer, { symbol: 'WIND_CODE' }, listingOf), symbols);
        },
      },
      suspend: {
        api: 'wset',
        partBy: 'day',
        callsPerMinute,
        fetch: async ({ symbols, start, end }, call) => {
          const options = `startdate=${start};enddate=${end};field=date,wind_code,suspend_type`;
          const columns = ['DATE', 'WIND_CODE', 'SUSPEND_TYPE'];
          const answer = await queryRows('wset', { tablename: 'tradesuspend', options }, columns, call);
          return aboutSymbols(readRows(answer, { symbol: 'WIND_CODE', day: 'DATE' }, suspensionOf), symbols);
        },
      },
      adj_factor: seriesOf(['ADJFACTOR'], factorOf),
      daily: seriesOf(barFields, barOf),
    },
  };
}

/** Wind through a DIRestPlus gateway. */
export const wind = describeSource({
  variables: {
    WIND_URL: optional(
      httpUrl,
      'Where the DIRestPlus gateway of a Wind terminal is. Without it the source wind is not used.',
    ),
    WIND_API_KEY: optional(secret, 'Token for a Wind gateway that asks for one, sent as Authorization: Bearer.'),
  },
  neededVariable: 'WIND_URL',
  datasets: ['trade_cal', 'stock_basic', 'suspend', 'adj_factor', 'daily'],
  create: ({ WIND_URL: url, WIND_API_KEY: token }) => (url ? createWindSource({ url, token }) : undefined),
});
