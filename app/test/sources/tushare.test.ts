import type { Call, Part } from '../../src/sources/source';
import { createTushareSource } from '../../src/sources/tushare';
import { startFakeTushare } from '../support/upstreams/tushare';

const call: Call = (request) => request(new AbortController().signal);
const token = 'right-token';
const sourceAt = (url: string) => createTushareSource({ url, token, callsPerMinute: 200 }).fetchers;
const january: Part = { symbols: ['604981.SH', '003981.SZ'], start: '2024-01-02', end: '2024-01-31' };

describe('tushare', () => {
  let upstream: Awaited<ReturnType<typeof startFakeTushare>>;
  afterEach(() => upstream.close());

  test('asks for one day of every stock, or for some stocks over several days', async () => {
    upstream = await startFakeTushare();
    const { daily } = sourceAt(upstream.url);
    await daily.fetch({ symbols: null, start: '2024-01-02', end: '2024-01-03' }, call);
    await daily.fetch(january, call);
    expect(upstream.requests.map(({ body }) => body)).toEqual([
      expect.objectContaining({ api_name: 'daily', token, params: { trade_date: '20240102', limit: 6000, offset: 0 } }),
      expect.objectContaining({ params: expect.objectContaining({ trade_date: '20240103' }) }),
      expect.objectContaining({
        params: expect.objectContaining({
          ts_code: '604981.SH,003981.SZ',
          start_date: '20240102',
          end_date: '20240131',
        }),
      }),
    ]);
  });

  test('turns the pages until there is no more', async () => {
    upstream = await startFakeTushare({ largestPage: 10 });
    const { rows } = await sourceAt(upstream.url).daily.fetch(january, call);
    expect(upstream.requests.map(({ body }) => body.params.offset)).toEqual([0, 10, 20, 30, 40]);
    expect(new Set(rows.map(({ symbol, tradeDate }) => `${symbol} ${tradeDate}`)).size).toBe(44);
  });

  test('takes a day of the whole market in one answer', async () => {
    upstream = await startFakeTushare();
    await sourceAt(upstream.url).daily.fetch({ symbols: null, start: '2024-01-02', end: '2024-01-02' }, call);
    expect(upstream.requests).toHaveLength(1);
  });

  test('reads the pages again when their order has shifted, and has every row once', async () => {
    const reorder = (rows: Record<string, unknown>[], pages: number) => (pages === 1 ? rows.toReversed() : rows);
    upstream = await startFakeTushare({ largestPage: 15, reorder });
    const part = { symbols: null, start: '2024-01-02', end: '2024-01-02' };
    const { rows } = await sourceAt(upstream.url).daily.fetch(part, call);
    expect(new Set(rows.map(({ symbol }) => symbol)).size).toBe(20);
    expect(rows).toHaveLength(20);
  });

  test.each(['daily', 'adj_factor'] as const)('fails where the pages of %s shift each time', async (dataset) => {
    const reorder = (rows: Record<string, unknown>[], pages: number) => (pages % 2 === 1 ? rows.toReversed() : rows);
    upstream = await startFakeTushare({ largestPage: 15, reorder });
    const part = { symbols: null, start: '2024-01-02', end: '2024-01-02' };
    await expect(sourceAt(upstream.url)[dataset].fetch(part, call)).rejects.toMatchObject({
      kind: 'data',
      message: expect.stringContaining('stands on two pages'),
    });
    expect(upstream.requests).toHaveLength(6);
  });

  test('gives the days of Shenzhen where they differ from those of Shanghai', async () => {
    upstream = await startFakeTushare({
      changeRows: (row) => {
        if (row.exchange === 'SZSE' && row.cal_date === '20240102') row.is_open = '0';
      },
    });
    const { trade_cal: calendar } = sourceAt(upstream.url);
    const { rows } = await calendar.fetch({ symbols: null, start: '2024-01-02', end: '2024-01-03' }, call);
    expect(rows).toEqual([
      { exchange: 'SH', day: '2024-01-02', isOpen: true },
      { exchange: 'SH', day: '2024-01-03', isOpen: true },
      { exchange: 'SZ', day: '2024-01-02', isOpen: false },
    ]);
    const { rows: old } = await calendar.fetch({ symbols: null, start: '1992-10-04', end: '1992-10-04' }, call);
    expect(old).toEqual([
      { exchange: 'SH', day: '1992-10-04', isOpen: false },
      { exchange: 'SZ', day: '1992-10-04', isOpen: true },
    ]);
  });

  test.each([
    ['万  科Ａ', '万科A'],
    ['ＳＴ　中安', 'ST中安'],
    ['＊ＳＴ 大控', '*ST大控'],
  ])('writes the name %s as %s', async (given, name) => {
    upstream = await startFakeTushare({ changeRows: (row) => Object.assign(row, { name: given }) });
    const { rows } = await sourceAt(upstream.url).stock_basic.fetch({ ...january, symbols: ['604981.SH'] }, call);
    expect(rows[0]?.name).toBe(name);
  });

  test('asks for listed, delisted and paused stocks', async () => {
    upstream = await startFakeTushare();
    await sourceAt(upstream.url).stock_basic.fetch(january, call);
    expect(upstream.requests.map(({ body }) => body.params.list_status)).toEqual(['L', 'D', 'P']);
  });

  test('asks for quotes of the whole market by wildcard', async () => {
    upstream = await startFakeTushare();
    await sourceAt(upstream.url).realtime.fetch({ ...january, symbols: null }, call);
    expect(upstream.requests[0]?.body).toMatchObject({
      params: { ts_code: '3*.SZ,6*.SH,0*.SZ,9*.BJ' },
      fields: expect.stringContaining('trade_time'),
    });
  });

  test('refuses a row that is no stock, and says why', async () => {
    upstream = await startFakeTushare({ hasStranger: true });
    const { rows, refused } = await sourceAt(upstream.url).daily.fetch(january, call);
    expect(rows).toHaveLength(44);
    expect(refused).toEqual([
      {
        symbol: '510300.SH',
        day: '2024-01-02',
        rule: 'unknown_symbol',
        reason: "'510300.SH' is not a stock symbol: no exchange lists stocks under 510xxx",
        row: expect.objectContaining({ ts_code: '510300.SH', vol: null }),
      },
    ]);
  });

  test.each([
    ['the volume', { vol: 'many' }, 'not_a_number', 'vol "many" is not a number'],
    ['the amount', { amount: null }, 'not_a_number', 'amount is empty'],
    [
      'the day',
      { trade_date: '20240230' },
      'not_a_day',
      'trade_date "20240230" is not a day; write it as 20240102 or 2024-01-02',
    ],
  ])('refuses a row in which %s cannot be read', async (_, change, rule, reason) => {
    upstream = await startFakeTushare({ changeRows: (row) => Object.assign(row, change) });
    const { rows, refused } = await sourceAt(upstream.url).daily.fetch(
      { symbols: ['604981.SH'], start: '2024-01-02', end: '2024-01-02' },
      call,
    );
    expect(rows).toEqual([]);
    expect(refused).toEqual([expect.objectContaining({ symbol: '604981.SH', rule, reason })]);
  });

  test.each([
    ['10:30:05', '10:30:05'],
    ['2024-03-04 15:00:00', '2024-03-04T15:00:00+08:00'],
    [null, null],
  ])('a quote of the time %s was made at %s', async (time, quotedAt) => {
    upstream = await startFakeTushare({ changeRows: (row) => Object.assign(row, { trade_time: time }) });
    const { rows } = await sourceAt(upstream.url).realtime.fetch({ ...january, symbols: ['604981.SH'] }, call);
    expect(rows).toEqual([expect.objectContaining({ quotedAt })]);
  });

  test('a stock without a price has no quote', async () => {
    upstream = await startFakeTushare({ changeRows: (row) => Object.assign(row, { close: 0, open: 0 }) });
    expect(await sourceAt(upstream.url).realtime.fetch(january, call)).toEqual({ rows: [], refused: [] });
  });

  test('keeps the low limits of some interfaces', async () => {
    upstream = await startFakeTushare();
    const { daily, stock_basic, realtime } = sourceAt(upstream.url);
    expect([daily, stock_basic, realtime].map(({ callsPerMinute }) => callsPerMinute)).toEqual([200, 50, 50]);
  });
});
