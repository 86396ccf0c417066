import fc from 'fast-check';
import { createTestApi, type TestApi } from '../../support/api';

const stocks = [
  ['003981.SZ', '示例银行 Sample Bank', 'Bank', 'sample'],
  ['301990.SZ', '示例电池 Sample Batteries', 'Batteries', 'sample'],
  ['600000.SH', '浦发银行', '银行', 'tushare'],
  ['604981.SH', '示例钢铁 Sample Steel', 'Steel', 'sample'],
  ['920163.BJ', '方大新材', '材料', 'akshare'],
  ['920990.BJ', '示例机械 Sample Machinery', 'Machinery', 'sample'],
];

describe('stocks', () => {
  let api: TestApi;
  beforeAll(async () => {
    api = await createTestApi();
    for (const stock of stocks) {
      await api.database.pool.query(
        `INSERT INTO stock (symbol, name, industry, source, list_date) VALUES ($1, $2, $3, $4, '2015-01-05')`,
        stock,
      );
    }
    await api.database.pool.query(`
      UPDATE stock SET list_status = 'delisted', delist_date = '2024-06-28' WHERE symbol = '301990.SZ';
      INSERT INTO symbol_alias VALUES ('838163.BJ', '920163.BJ', '2025-10-09', 'tushare')`);
  });
  afterAll(() => api.close());

  const symbolsOf = (rows: Record<string, unknown>[]) => rows.map(({ symbol }) => symbol);

  test('are listed in order of symbol, with where they come from', async () => {
    const { body } = await api.get('/api/v1/stocks');
    expect(symbolsOf(body.data)).toEqual(stocks.map(([symbol]) => symbol));
    expect(body.data[1]).toEqual({
      symbol: '301990.SZ',
      exchange: 'SZ',
      name: '示例电池 Sample Batteries',
      area: null,
      industry: 'Batteries',
      list_status: 'delisted',
      list_date: '2015-01-05',
      delist_date: '2024-06-28',
      source: 'sample',
    });
    expect(body.meta).toEqual({
      request_id: expect.any(String),
      cached: false,
      cache_age_seconds: null,
      as_of: expect.stringMatching(/^\d{4}-\d{2}-\d{2}T[\d:.]+Z$/),
      stale: false,
      source: 'mixed',
      is_fallback: true,
      fallback_from: 'tushare',
      adjust: null,
      units: null,
      next_cursor: null,
    });
    expect(body.warnings).toEqual(["rows of source 'sample' are synthetic: they come from no market"]);
  });

  test.each([
    ['exchange=BJ', ['920163.BJ', '920990.BJ']],
    ['query=steel', ['604981.SH']],
    ['query=钢铁', ['604981.SH']],
    ['query=60', ['600000.SH', '604981.SH']],
    ['query=%25', []],
    ['status=delisted', ['301990.SZ']],
    ['exchange=SZ&query=sample%20b', ['003981.SZ', '301990.SZ']],
  ])('are filtered by %s', async (query, expected) => {
    const { body } = await api.get(`/api/v1/stocks?${query}`);
    expect(symbolsOf(body.data)).toEqual(expected);
  });

  test.each(['query=ke', 'query=%E4%B8%87%20%E7%A7%91%EF%BC%A1', 'query=WKA'])('are found with %s', async (query) => {
    await api.database.pool.query(
      `INSERT INTO stock (symbol, name, search, source) VALUES ('000002.SZ', '万科A', '万科a wankea wka', 'akshare')`,
    );
    try {
      expect(symbolsOf((await api.get(`/api/v1/stocks?${query}`)).body.data)).toEqual(['000002.SZ']);
    } finally {
      await api.database.pool.query("DELETE FROM stock WHERE symbol = '000002.SZ'");
    }
  });

  test('come in pages that make up the whole, none twice, for every page size', async () => {
    const whole = await api.allPages('/api/v1/stocks?limit=1000');
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 8 }), async (limit) => {
        expect(await api.allPages(`/api/v1/stocks?limit=${limit}`)).toEqual(whole);
      }),
      { numRuns: 8 },
    );
  });

  test('are found by themselves', async () => {
    const { body } = await api.get('/api/v1/stocks/sh600000');
    expect(body.data).toMatchObject({ symbol: '600000.SH', name: '浦发银行' });
    expect(body.meta).toMatchObject({ symbol: '600000.SH', source: 'tushare', is_fallback: false });
    expect(body.warnings).toEqual([]);
  });

  test('that were renumbered are found by their old symbol, which the answer says', async () => {
    const { body } = await api.get('/api/v1/stocks/838163');
    expect(body.meta.symbol).toBe('920163.BJ');
    expect(body.data.name).toBe('方大新材');
    expect(body.warnings).toEqual(['838163.BJ was renumbered 920163.BJ; the data is that of 920163.BJ']);
  });

  test.each([
    ['/api/v1/stocks/600519.SH', 404, 'unknown_symbol'],
    ['/api/v1/stocks/AAPL', 400, 'invalid_symbol'],
    ['/api/v1/stocks?cursor=MjAyNC0wMS0wMQ', 400, 'invalid_cursor'],
    ['/api/v1/stocks?status=new', 400, 'invalid_request'],
    ['/api/v1/stocks?limit=1001', 400, 'invalid_request'],
  ])('%s is answered with %i %s', async (url, status, code) => {
    const response = await api.get(url);
    expect([response.status, response.body.code]).toEqual([status, code]);
  });
});
