import fc from 'fast-check';
import { parquetReadObjects } from 'hyparquet';
import { dayInShanghai } from '../../../src/market/trading-day';
import { adjustedPrice } from '../../support/adjusted-price';
import { createTestApi, type TestApi } from '../../support/api';

const days = ['2024-01-02', '2024-01-03', '2024-01-04', '2024-01-05', '2024-01-08', '2024-01-09'];
const synthetic = "rows of source 'sample' are synthetic: they come from no market";

describe('daily bars', () => {
  let api: TestApi;
  const sql = (text: string, values?: unknown[]) => api.database.pool.query(text, values);
  const addStock = (symbol: string, source = 'tushare') =>
    sql('INSERT INTO stock (symbol, source) VALUES ($1, $2)', [symbol, source]);
  const addBar = (symbol: string, day: string, close: string, source = 'tushare') =>
    sql(
      `INSERT INTO stock_data (symbol, trade_date, open, high, low, close, pre_close, change, pct_chg, volume, amount, source)
       VALUES ($1, $2, $3, $3::numeric + 0.5, $3::numeric - 0.5, $3, $3::numeric - 0.1, 0.1, 1.25, 68678000, 2358402520.10, $4)`,
      [symbol, day, close, source],
    );
  const addFactor = (symbol: string, source: string, day: string, factor: string) =>
    sql('INSERT INTO adjustment_factor VALUES ($1, $2, $3, $4)', [symbol, source, day, factor]);

  const closes = ['10.00', '10.10', '10.33', '9.00', '9.07', '9.1234'];
  const factors = ['1.000000', '1.000000', '1.000000', '1.150000', '1.150000', '1.333333'];
  beforeAll(async () => {
    api = await createTestApi();
    await addStock('600000.SH');
    for (const [index, day] of days.entries()) {
      await addBar('600000.SH', day, closes[index] as string);
      await addFactor('600000.SH', 'tushare', day, factors[index] as string);
    }
    await addStock('003981.SZ', 'sample');
    await addBar('003981.SZ', '2024-01-02', '34.5', 'sample');
    await addStock('920163.BJ');
    await addBar('920163.BJ', '2024-01-02', '5', 'akshare');
    await sql(`INSERT INTO symbol_alias VALUES ('838163.BJ', '920163.BJ', '2025-10-09', 'tushare')`);
  });
  afterAll(() => api.close());

  test('come as numbers, with their units and where they come from', async () => {
    const { body } = await api.get('/api/v1/stocks/003981.SZ/daily?start=2024-01-02&end=2024-01-02');
    expect(body).toEqual({
      data: [
        {
          trade_date: '2024-01-02',
          open: 34.5,
          high: 35,
          low: 34,
          close: 34.5,
          pre_close: 34.4,
          change: 0.1,
          pct_chg: 1.25,
          volume: 68678000,
          amount: 2358402520.1,
          source: 'sample',
        },
      ],
      meta: {
        request_id: expect.any(String),
        cached: false,
        cache_age_seconds: null,
        as_of: expect.any(String),
        stale: false,
        symbol: '003981.SZ',
        adjust: 'none',
        factor_source: null,
        source: 'sample',
        is_fallback: false,
        fallback_from: null,
        next_cursor: null,
        units: { price: 'CNY', volume: 'shares', amount: 'CNY' },
      },
      warnings: [synthetic],
    });
  });

  test('have null where a source gave nothing', async () => {
    await addStock('600001.SH');
    await addBar('600001.SH', '2024-01-02', '8');
    await sql(`UPDATE stock_data SET pre_close = NULL, change = NULL, pct_chg = NULL WHERE symbol = '600001.SH'`);
    const { body } = await api.get('/api/v1/stocks/600001.SH/daily');
    expect(body.data[0]).toMatchObject({ close: 8, pre_close: null, change: null, pct_chg: null });
    expect((await api.get('/api/v1/stocks/600001.SH/daily?format=csv')).body).toContain('8,,,,68678000');
  });

  test.each([
    ['600000.SH', { source: 'tushare', is_fallback: false, fallback_from: null }],
    ['920163.BJ', { source: 'akshare', is_fallback: true, fallback_from: 'tushare' }],
  ])('of %s tell whether the preferred source gave them', async (symbol, expected) => {
    const { body } = await api.get(`/api/v1/stocks/${symbol}/daily`);
    expect(body.meta).toMatchObject(expected);
    expect(body.warnings).toEqual([]);
  });

  test.each(['sh600000', '600000', '1.600000', '600000.XSHG'])('are found under %s', async (name) => {
    const { body } = await api.get(`/api/v1/stocks/${name}/daily`);
    expect(body.meta.symbol).toBe('600000.SH');
    expect(body.data).toHaveLength(6);
  });

  test('of a renumbered stock are found under its old symbol, which the answer says', async () => {
    const { body } = await api.get('/api/v1/stocks/bj838163/daily');
    expect(body.meta.symbol).toBe('920163.BJ');
    expect(body.data).toHaveLength(1);
    expect(body.warnings).toEqual(['838163.BJ was renumbered 920163.BJ; the data is that of 920163.BJ']);
  });

  const someDay = fc
    .date({ min: new Date('2023-12-30'), max: new Date('2024-01-12'), noInvalidDate: true })
    .map((date) => date.toISOString().slice(0, 10));
  const adjustment = fc.constantFrom('none', 'qfq', 'hfq');

  test('come in pages that make up the range, none twice, for every range, adjustment and page size', async () => {
    const whole = Object.fromEntries(
      await Promise.all(
        ['none', 'qfq', 'hfq'].map(async (adjust) => [
          adjust,
          (await api.get(`/api/v1/stocks/600000.SH/daily?adjust=${adjust}`)).body.data,
        ]),
      ),
    );
    await fc.assert(
      fc.asyncProperty(
        someDay,
        someDay,
        adjustment,
        fc.integer({ min: 1, max: 8 }),
        async (one, other, adjust, limit) => {
          const [start, end] = [one, other].sort() as [string, string];
          const pages = `/api/v1/stocks/600000.SH/daily?start=${start}&end=${end}&limit=${limit}&adjust=${adjust}`;
          expect(await api.allPages(pages)).toEqual(
            whole[adjust].filter(({ trade_date }: { trade_date: string }) => trade_date >= start && trade_date <= end),
          );
        },
      ),
      { numRuns: 25 },
    );
  });

  test('adjusted have the prices of exact arithmetic, and the volume and amount of trade', async () => {
    const { body: raw } = await api.get('/api/v1/stocks/600000.SH/daily');
    for (const [adjust, divisor] of [
      ['hfq', '1'],
      ['qfq', '1.333333'],
    ] as const) {
      const { body } = await api.get(`/api/v1/stocks/600000.SH/daily?adjust=${adjust}`);
      expect(body.meta).toMatchObject({ adjust, factor_source: 'tushare' });
      for (const [index, bar] of body.data.entries()) {
        const expected = (price: string) => Number(adjustedPrice(price, factors[index] as string, divisor));
        expect(bar).toMatchObject({
          close: expected(closes[index] as string),
          open: expected(closes[index] as string),
          pre_close: expected(String(raw.data[index].pre_close)),
          change: expected('0.1'),
          pct_chg: 1.25,
          volume: 68678000,
          amount: 2358402520.1,
        });
      }
    }
  });

  test('adjusted forward have the traded prices on the last day, whatever range is asked for', async () => {
    const last = await api.get('/api/v1/stocks/600000.SH/daily?adjust=qfq&start=2024-01-09');
    expect(last.body.data[0].close).toBe(9.1234);
    const early = await api.get('/api/v1/stocks/600000.SH/daily?adjust=qfq&end=2024-01-02');
    expect(early.body.data[0].close).toBe(Number(adjustedPrice('10.00', '1', '1.333333')));
  });

  test('are adjusted by one source alone: the first that has a factor for each of them', async () => {
    await addStock('600002.SH');
    for (const day of days.slice(0, 3)) await addBar('600002.SH', day, '20');
    for (const day of days.slice(0, 2)) await addFactor('600002.SH', 'tushare', day, '2');
    for (const day of days.slice(1, 3)) await addFactor('600002.SH', 'akshare', day, '3');
    const ask = async (range: string) => (await api.get(`/api/v1/stocks/600002.SH/daily?adjust=hfq${range}`)).body;

    expect((await ask('&end=2024-01-03')).data.map(({ close }: { close: number }) => close)).toEqual([40, 40]);
    const later = await ask('&start=2024-01-03');
    expect(later.data.map(({ close }: { close: number }) => close)).toEqual([60, 60]);
    expect(later.meta.factor_source).toBe('akshare');
    expect(await ask('')).toMatchObject({
      status: 422,
      code: 'no_adjustment',
      detail: expect.stringContaining('every bar of 600002.SH'),
    });
    // Also on a page that one source would cover: its prices would not fit those of the other pages.
    expect(await ask('&limit=1')).toMatchObject({ status: 422, code: 'no_adjustment' });
  });

  test('that are synthetic are adjusted by synthetic factors alone, and real ones never', async () => {
    await addFactor('003981.SZ', 'tushare', '2024-01-02', '2');
    const ask = async () => (await api.get('/api/v1/stocks/003981.SZ/daily?adjust=hfq')).body;
    expect((await ask()).code).toBe('no_adjustment');
    await addFactor('003981.SZ', 'sample', '2024-01-02', '3');
    expect((await ask()).data[0].close).toBe(103.5);

    await addStock('600003.SH');
    await addBar('600003.SH', '2024-01-02', '20');
    await addFactor('600003.SH', 'sample', '2024-01-02', '3');
    expect((await api.get('/api/v1/stocks/600003.SH/daily?adjust=hfq')).body.code).toBe('no_adjustment');
  });

  test('have the fields asked for, in our order', async () => {
    const { body } = await api.get('/api/v1/stocks/600000.SH/daily?fields=volume,close,trade_date&limit=1');
    expect(JSON.stringify(body.data)).toBe('[{"trade_date":"2024-01-02","close":10,"volume":68678000}]');
  });

  test('come as CSV, whole, without a limit', async () => {
    const { body, headers } = await api.get('/api/v1/stocks/600000.SH/daily?format=csv&fields=trade_date,close');
    expect(headers['content-type']).toBe('text/csv; charset=utf-8; header=present');
    expect(body.split('\r\n')).toEqual([
      'trade_date,close',
      '2024-01-02,10',
      '2024-01-03,10.1',
      '2024-01-04,10.33',
      '2024-01-05,9',
      '2024-01-08,9.07',
      '2024-01-09,9.1234',
      '',
    ]);
  });

  test('come as Parquet, with days, whole numbers and missing values as such', async () => {
    await sql(`UPDATE stock_data SET pre_close = NULL WHERE symbol = '600000.SH' AND trade_date = '2024-01-03'`);
    const { raw, headers } = await api.get('/api/v1/stocks/600000.SH/daily', {
      accept: 'application/vnd.apache.parquet',
    });
    await sql(`UPDATE stock_data SET pre_close = close - 0.1 WHERE symbol = '600000.SH' AND trade_date = '2024-01-03'`);
    expect(headers['content-type']).toBe('application/vnd.apache.parquet');
    const file = raw.buffer.slice(raw.byteOffset, raw.byteOffset + raw.byteLength) as ArrayBuffer;
    const rows = await parquetReadObjects({ file });
    expect(rows).toHaveLength(6);
    expect(rows[5]).toMatchObject({
      trade_date: new Date('2024-01-09'),
      close: 9.1234,
      volume: 68678000n,
      source: 'tushare',
    });
    expect(rows[1]?.pre_close).toBeNull();
  });

  test('in other forms say where the next page is', async () => {
    const { headers } = await api.get('/api/v1/stocks/600000.SH/daily?format=csv&limit=4');
    const next = /^<(.*)>; rel="next"$/.exec(String(headers.link))?.[1] as string;
    const { body } = await api.get(next);
    expect(body.split('\r\n')).toHaveLength(4);
    expect(body).toContain('2024-01-08');
  });

  test.each([
    ['text/csv;q=0.1, application/json', 'application/json; charset=utf-8'],
    ['text/html, text/csv', 'text/csv; charset=utf-8; header=present'],
    ['image/png', 'application/json; charset=utf-8'],
  ])('are answered to Accept: %s as %s', async (accept, expected) => {
    expect((await api.get('/api/v1/stocks/600000.SH/daily', { accept })).headers['content-type']).toBe(expected);
  });

  test('are not sent again to a client that has them, until they change', async () => {
    const url = '/api/v1/stocks/600000.SH/daily?end=2024-01-08';
    const { etag } = (await api.get(url)).headers as { etag: string };
    const again = await api.get(url, { 'if-none-match': `"other", ${etag}` });
    expect([again.status, again.raw.length, again.headers.etag]).toEqual([304, 0, etag]);
    expect((await api.get(`${url}&adjust=hfq`, { 'if-none-match': etag })).status).toBe(200);
    await sql(`UPDATE stock_data SET volume = volume + 100 WHERE symbol = '600000.SH' AND trade_date = '2024-01-08'`);
    expect((await api.get(url, { 'if-none-match': etag })).status).toBe(200);
    await sql(`UPDATE stock_data SET volume = volume - 100 WHERE symbol = '600000.SH' AND trade_date = '2024-01-08'`);
  });

  test('have an empty answer for days without trade', async () => {
    const { status, body } = await api.get('/api/v1/stocks/600000.SH/daily?start=2010-01-01&end=2010-12-31');
    expect(status).toBe(200);
    expect(body).toMatchObject({ data: [], meta: { source: null, next_cursor: null }, warnings: [] });
    expect(
      (await api.get('/api/v1/stocks/600000.SH/daily?start=2010-01-01&end=2010-12-31&adjust=qfq')).body.data,
    ).toEqual([]);
  });

  test('have an empty answer for a year that has no table of its own', async () => {
    const { status, body } = await api.get('/api/v1/stocks/600000.SH/daily?start=2150-01-01&end=2150-12-31');
    expect([status, body.data]).toEqual([200, []]);
  });

  test('of more than two sources say that they are mixed and that some are synthetic', async () => {
    await addStock('600004.SH');
    for (const [index, source] of ['akshare', 'sample', 'wind'].entries()) {
      await addBar('600004.SH', days[index] as string, '8.00', source);
    }
    const { body } = await api.get('/api/v1/stocks/600004.SH/daily');
    expect(body.meta).toMatchObject({ source: 'mixed', is_fallback: true, fallback_from: 'tushare' });
    expect(body.warnings).toEqual([synthetic]);
  });

  test('of a whole day come in pages that make up the market, none twice', async () => {
    const { body } = await api.get('/api/v1/market/daily?trade_date=2024-01-02');
    const symbols = body.data.map(({ symbol }: { symbol: string }) => symbol);
    expect(symbols).toEqual([...symbols].sort());
    expect(symbols).toEqual(expect.arrayContaining(['003981.SZ', '600000.SH', '920163.BJ']));
    expect(body.meta).toMatchObject({ trade_date: '2024-01-02', source: 'mixed', is_fallback: true, adjust: 'none' });
    expect(body.warnings).toEqual([synthetic]);
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 8 }), async (limit) => {
        expect(await api.allPages(`/api/v1/market/daily?trade_date=2024-01-02&limit=${limit}`)).toEqual(body.data);
      }),
      { numRuns: 8 },
    );
    const csv = await api.get('/api/v1/market/daily?trade_date=2024-01-02&format=csv&fields=symbol');
    expect(csv.body.trim().split('\r\n')).toEqual(['symbol', ...symbols]);
  });

  test.each([
    ['/api/v1/stocks/600519.SH/daily', 404, 'unknown_symbol'],
    ['/api/v1/stocks/600519.SH/daily?format=csv', 404, 'unknown_symbol'],
    ['/api/v1/stocks/AAPL/daily', 400, 'invalid_symbol'],
    ['/api/v1/stocks/sh000001/daily', 400, 'invalid_symbol'],
    ['/api/v1/stocks/600000.SH/daily?start=2024-02-30', 400, 'invalid_request'],
    ['/api/v1/stocks/600000.SH/daily?start=yesterday', 400, 'invalid_request'],
    ['/api/v1/stocks/600000.SH/daily?start=2024-02-01&end=2024-01-01', 400, 'invalid_request'],
    ['/api/v1/stocks/600000.SH/daily?limit=10001', 400, 'invalid_request'],
    ['/api/v1/stocks/600000.SH/daily?limit=ten', 400, 'invalid_request'],
    ['/api/v1/stocks/600000.SH/daily?adjust=both', 400, 'invalid_request'],
    ['/api/v1/stocks/600000.SH/daily?format=xml', 400, 'invalid_request'],
    ['/api/v1/stocks/600000.SH/daily?fields=close,colour', 400, 'invalid_request'],
    ['/api/v1/stocks/600000.SH/daily?cursor=MjAyNC0xMy0wMQ', 400, 'invalid_cursor'],
    ['/api/v1/stocks/600000.SH/daily?cursor=***', 400, 'invalid_cursor'],
    ['/api/v1/market/daily', 400, 'invalid_request'],
    ['/api/v1/market/daily?trade_date=2024-01-02&cursor=MjAyNC0wMS0wMQ', 400, 'invalid_cursor'],
  ])('%s is answered with %i %s', async (url, status, code) => {
    const response = await api.get(url);
    expect([response.status, response.body.code]).toEqual([status, code]);
  });

  test('that cannot be given as asked are refused with what is allowed', async () => {
    expect((await api.get('/api/v1/stocks/600000.SH/daily?fields=close,colour')).body.detail).toBe(
      "'colour' is not a field; allowed: symbol, trade_date, open, high, low, close, pre_close, change, pct_chg, volume, amount, source",
    );
    expect((await api.get('/api/v1/stocks/600000.SH/daily?adjust=both')).body.errors).toEqual([
      { field: 'querystring.adjust', message: "adjust 'both' is not allowed; allowed: none, qfq, hfq" },
    ]);
  });

  test('may be asked for up to today', async () => {
    expect((await api.get(`/api/v1/stocks/600000.SH/daily?end=${dayInShanghai(new Date())}`)).body.data).toHaveLength(
      6,
    );
  });
});
