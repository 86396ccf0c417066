import { createTestApi, type TestApi } from '../../support/api';

describe('the interface of AKTools', () => {
  let api: TestApi;
  beforeAll(async () => {
    api = await createTestApi();
    await api.database.pool.query(`
      INSERT INTO stock_data (symbol, trade_date, open, high, low, close, pre_close, volume, amount, source) VALUES
        ('000001.SZ', '2024-01-25', 9.19, 9.44, 9.15, 9.42, 9.20, 216180540, 2010000000.5, 'tushare'),
        ('000001.SZ', '2024-01-26', 9.40, 9.61, 9.38, 9.58, 9.42, 100, 958, 'tushare'),
        ('000001.SZ', '2024-01-29', 9.60, 9.70, 9.50, 9.55, NULL, 200, 1910, 'tushare');
      INSERT INTO adjustment_factor
      SELECT '000001.SZ', 'tushare', day::date, factor
      FROM (VALUES ('2024-01-25', 2), ('2024-01-26', 2), ('2024-01-29', 4)) AS row (day, factor);
      INSERT INTO trading_calendar VALUES ('2024-01-25', true, 'tushare'), ('2024-01-27', false, 'tushare');
      INSERT INTO stock (symbol, name, source) VALUES ('000001.SZ', '平安银行', 'tushare')`);
  });
  afterAll(() => api.close());

  const history = async (query: string) => (await api.get(`/api/public/stock_zh_a_hist?symbol=000001${query}`)).body;

  test('gives daily bars under Chinese names, in lots', async () => {
    const rows = await history('&start_date=20240125&end_date=20240125');
    expect(JSON.stringify(rows)).toBe(
      JSON.stringify([
        {
          日期: '2024-01-25T00:00:00.000',
          股票代码: '000001',
          开盘: 9.19,
          收盘: 9.42,
          最高: 9.44,
          最低: 9.15,
          成交量: 2161805,
          成交额: 2010000000.5,
          振幅: 3.15,
          涨跌幅: 2.39,
          涨跌额: 0.22,
          换手率: null,
        },
      ]),
    );
  });

  test('leaves out what is not known', async () => {
    expect(await history('&start_date=20240129')).toMatchObject([
      { 收盘: 9.55, 振幅: null, 涨跌幅: null, 涨跌额: null },
    ]);
    expect(await history('&start_date=20300101')).toEqual([]);
  });

  test.each([
    ['hfq', [18.84, 19.16, 38.2]],
    ['qfq', [4.71, 4.79, 9.55]],
    ['', [9.42, 9.58, 9.55]],
  ])('adjusts prices as %j', async (adjust, closes) => {
    const rows: { 收盘: number }[] = await history(`&adjust=${adjust}`);
    expect(rows.map(({ 收盘 }) => 收盘)).toEqual(closes);
  });

  test('makes weeks and months of days', async () => {
    const weeks = await history('&period=weekly');
    expect(weeks).toMatchObject([
      {
        日期: '2024-01-26T00:00:00.000',
        开盘: 9.19,
        收盘: 9.58,
        最高: 9.61,
        最低: 9.15,
        成交量: 2161806,
        涨跌额: 0.38,
      },
      { 日期: '2024-01-29T00:00:00.000', 收盘: 9.55 },
    ]);
    expect(await history('&period=monthly')).toMatchObject([
      { 日期: '2024-01-29T00:00:00.000', 最高: 9.7, 收盘: 9.55 },
    ]);
  });

  test('gives the trading days and the names of stocks', async () => {
    expect((await api.get('/api/public/tool_trade_date_hist_sina')).body).toEqual([
      { trade_date: '2024-01-25T00:00:00.000' },
    ]);
    expect((await api.get('/api/public/stock_info_a_code_name')).body).toEqual([{ code: '000001', name: '平安银行' }]);
  });

  test('answers unknown functions with their names', async () => {
    const { status, body } = await api.get('/api/public/stock_zh_a_spot_em');
    expect(status).toBe(404);
    expect(body.error).toContain("there is no function 'stock_zh_a_spot_em' here; there are stock_zh_a_hist, ");
    expect((await api.get('/api/public/constructor')).status).toBe(404);
  });

  test.each([
    ['symbol=AAPL', 400, 'invalid_symbol'],
    ['symbol=000001&period=yearly', 400, 'invalid_request'],
    ['symbol=000001&adjust=both', 400, 'invalid_request'],
    ['symbol=000001&start_date=20240230', 400, 'invalid_request'],
    ['symbol=000001&start_date=20240202&end_date=20240201', 400, 'invalid_request'],
    ['symbol=000001&colour=red', 400, 'invalid_request'],
  ])('refuses %s', async (query, status, code) => {
    const response = await api.get(`/api/public/stock_zh_a_hist?${query}`);
    expect([response.status, response.body.code]).toEqual([status, code]);
  });

  test('asks for a key', async () => {
    const response = await api.server.inject({ url: '/api/public/stock_zh_a_hist?symbol=000001' });
    expect(response.statusCode).toBe(401);
  });
});
