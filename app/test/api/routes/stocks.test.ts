import fc from 'fast-check';
import { createTestApi, type TestApi } from '../../support/api';
import { bar } from '../../support/bars';
import { loadSample, storeBars } from '../../support/ingest';

describe('stocks', () => {
  let api: TestApi;
  beforeAll(async () => {
    api = await createTestApi();
    await loadSample(api.database.pool, { symbols: null, start: '2024-01-02', end: '2024-03-29' });
    await storeBars(api.database.pool, 'tushare', [bar(), bar({ tradeDate: '2024-01-03', preClose: null })]);
  });
  afterAll(() => api.close());

  async function get(url: string) {
    const response = await api.server.inject({ url, headers: { 'x-api-key': api.keys.read } });
    return { status: response.statusCode, body: response.json() };
  }

  /** Every row of a list, page by page. */
  async function allPages(url: string): Promise<unknown[]> {
    const rows: unknown[] = [];
    let cursor = '';
    do {
      const { status, body } = await get(`${url}${cursor}`);
      expect(status).toBe(200);
      rows.push(...body.data);
      cursor = body.meta.next_cursor && `&cursor=${body.meta.next_cursor}`;
    } while (cursor);
    return rows;
  }

  test('are listed in order of symbol', async () => {
    const { body } = await get('/api/v1/stocks');
    const symbols = body.data.map(({ symbol }: { symbol: string }) => symbol);
    expect(symbols).toHaveLength(21);
    expect([...symbols].sort()).toEqual(symbols);
    expect(body.data.find(({ symbol }: { symbol: string }) => symbol === '604981.SH')).toEqual({
      symbol: '604981.SH',
      exchange: 'SH',
      name: '示例钢铁 Sample Steel',
      industry: 'Steel',
      list_date: '2015-01-05',
      source: 'sample',
    });
    expect(body.meta).toEqual({ request_id: expect.any(String), next_cursor: null });
    expect(body.warnings).toEqual(["rows of source 'sample' are synthetic: they come from no market"]);
  });

  test.each([
    ['exchange=BJ', ['920990.BJ', '920991.BJ']],
    ['query=steel', ['604981.SH']],
    ['query=钢铁', ['604981.SH']],
    ['query=60000', ['600000.SH']],
    ['query=%25', []],
    ['exchange=SZ&query=sample%20b', ['003981.SZ', '301990.SZ', '302990.SZ']],
  ])('are filtered by %s', async (query, expected) => {
    const { body } = await get(`/api/v1/stocks?${query}`);
    expect(body.data.map(({ symbol }: { symbol: string }) => symbol)).toEqual(expected);
  });

  test('come in pages that make up the whole, none twice, for every page size', async () => {
    const whole = await allPages('/api/v1/stocks?limit=1000');
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 25 }), async (limit) => {
        expect(await allPages(`/api/v1/stocks?limit=${limit}`)).toEqual(whole);
      }),
      { numRuns: 8 },
    );
  });

  test('have daily bars as numbers, with their units and where they come from', async () => {
    const { body } = await get('/api/v1/stocks/604981.SH/daily?start=2024-01-02&end=2024-01-02');
    expect(body).toEqual({
      data: [
        {
          trade_date: '2024-01-02',
          open: 34.37,
          high: 34.53,
          low: 33.96,
          close: 34.5,
          pre_close: 34.2,
          change: 0.3,
          pct_chg: 0.8772,
          volume: 68678000,
          amount: 2358402520,
          source: 'sample',
        },
      ],
      meta: {
        request_id: expect.any(String),
        symbol: '604981.SH',
        source: 'sample',
        next_cursor: null,
        units: { price: 'CNY', volume: 'shares', amount: 'CNY' },
      },
      warnings: ["rows of source 'sample' are synthetic: they come from no market"],
    });
  });

  test('have no warning where no row is synthetic', async () => {
    const { body } = await get('/api/v1/stocks/600000.SH/daily');
    expect(body.meta.source).toBe('tushare');
    expect(body.warnings).toEqual([]);
    expect(body.data[1].pre_close).toBeNull();
  });

  test.each(['sh600000', '600000', '1.600000', '600000.XSHG'])('are found under %s', async (name) => {
    const { body } = await get(`/api/v1/stocks/${name}/daily`);
    expect(body.meta.symbol).toBe('600000.SH');
    expect(body.data).toHaveLength(2);
  });

  test('have daily bars in pages that make up the range, none twice, for every range and page size', async () => {
    const year = (await allPages('/api/v1/stocks/604981.SH/daily?limit=1000')) as { trade_date: string }[];
    const day = fc
      .date({ min: new Date('2023-12-01'), max: new Date('2024-04-30'), noInvalidDate: true })
      .map((date) => date.toISOString().slice(0, 10));
    await fc.assert(
      fc.asyncProperty(day, day, fc.integer({ min: 1, max: 70 }), async (one, other, limit) => {
        const [start, end] = [one, other].sort() as [string, string];
        expect(await allPages(`/api/v1/stocks/604981.SH/daily?start=${start}&end=${end}&limit=${limit}`)).toEqual(
          year.filter(({ trade_date }) => trade_date >= start && trade_date <= end),
        );
      }),
      { numRuns: 15 },
    );
  });

  test('have an empty answer for days without trade', async () => {
    const { status, body } = await get('/api/v1/stocks/604981.SH/daily?start=2010-01-01&end=2010-12-31');
    expect(status).toBe(200);
    expect(body).toMatchObject({ data: [], meta: { source: null, next_cursor: null }, warnings: [] });
  });

  test.each([
    ['/api/v1/stocks/600519.SH/daily', 404, 'unknown_symbol'],
    ['/api/v1/stocks/AAPL/daily', 400, 'invalid_symbol'],
    ['/api/v1/stocks/sh000001/daily', 400, 'invalid_symbol'],
    ['/api/v1/stocks/604981.SH/daily?start=2024-02-30', 400, 'invalid_request'],
    ['/api/v1/stocks/604981.SH/daily?start=yesterday', 400, 'invalid_request'],
    ['/api/v1/stocks/604981.SH/daily?start=2024-02-01&end=2024-01-01', 400, 'invalid_request'],
    ['/api/v1/stocks/604981.SH/daily?limit=1001', 400, 'invalid_request'],
    ['/api/v1/stocks/604981.SH/daily?limit=ten', 400, 'invalid_request'],
    ['/api/v1/stocks/604981.SH/daily?cursor=MjAyNC0xMy0wMQ', 400, 'invalid_cursor'],
    ['/api/v1/stocks/604981.SH/daily?cursor=***', 400, 'invalid_cursor'],
    ['/api/v1/stocks?cursor=MjAyNC0wMS0wMQ', 400, 'invalid_cursor'],
  ])('%s is answered with %i %s', async (url, status, code) => {
    const response = await get(url);
    expect(response.status).toBe(status);
    expect(response.body.code).toBe(code);
  });
});
