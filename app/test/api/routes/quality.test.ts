import { createTestApi, type TestApi } from '../../support/api';

describe('the quality of data', () => {
  let api: TestApi;
  beforeAll(async () => {
    api = await createTestApi();
    await api.database.pool.query(`
      INSERT INTO quarantine (dataset, source, symbol, day, rule, reason, row) VALUES
        ('daily', 'tushare', '600000.SH', '2024-01-02', 'high_low', 'high is below low', '{"high": 1}'),
        ('daily', 'akshare', NULL, NULL, 'not_a_number', 'open is not a number', '[]'),
        ('suspend', 'tushare', '600000.SH', '2024-01-02', 'duplicate', 'came before', 'null')`);
  });
  afterAll(() => api.close());

  test('shows the rows that were not stored, the newest first', async () => {
    const rows = await api.allPages('/api/v1/quality/quarantine?limit=2');
    expect(rows.map(({ rule }) => rule)).toEqual(['duplicate', 'not_a_number', 'high_low']);
    expect(rows[2]).toMatchObject({
      dataset: 'daily',
      symbol: '600000.SH',
      day: '2024-01-02',
      row: { high: 1 },
      times: 1,
    });
    expect(await api.allPages('/api/v1/quality/quarantine?dataset=daily&rule=high_low')).toEqual([rows[2]]);
  });

  test('shows the days on which a bar is missing', async () => {
    await api.database.pool.query(`
      INSERT INTO trading_calendar VALUES
        ('2024-01-02', true, 'tushare'), ('2024-01-03', true, 'tushare'), ('2024-01-04', true, 'tushare');
      INSERT INTO stock (symbol, list_date, source) VALUES
        ('600000.SH', '2000-01-04', 'tushare'), ('600001.SH', '2024-01-04', 'tushare');
      INSERT INTO suspension VALUES ('600000.SH', '2024-01-03', 'suspended', NULL, 'tushare');
      INSERT INTO stock_data (symbol, trade_date, open, high, low, close, volume, amount, source) VALUES
        ('600000.SH', '2024-01-02', 1, 1, 1, 1, 1, 1, 'tushare'), ('600001.SH', '2024-01-04', 1, 1, 1, 1, 1, 1, 'tushare')`);
    const gaps = { symbol: '600000.SH', expected: 3, present: 1, suspended: 1, given_up: 0, gaps: ['2024-01-04'] };
    const all = await api.get('/api/v1/quality/gaps?start=2024-01-01&end=2024-01-04');
    expect(all.body.data).toEqual([gaps]);
    expect(all.body.warnings).toEqual(['the trading calendar does not know 1 of the days']);
    const one = await api.get('/api/v1/quality/gaps?symbol=sh600001&start=2024-01-02&end=2024-01-04');
    expect(one.body).toMatchObject({
      data: [{ symbol: '600001.SH', expected: 1, present: 1, gaps: [] }],
      warnings: [],
    });
    await api.database.pool.query(
      `INSERT INTO adjustment_factor (symbol, source, trade_date, factor) VALUES ('600000.SH', 'tushare', '2024-01-02', 1)`,
    );
    const factors = await api.get('/api/v1/quality/gaps?dataset=adj_factor&start=2024-01-01&end=2024-01-04');
    expect(factors.body.data).toMatchObject([{ symbol: '600001.SH', expected: 1, present: 0, gaps: ['2024-01-04'] }]);
  });

  test.each([
    ['/api/v1/quality/gaps?start=2024-01-01&end=2025-01-01', 'invalid_request'],
    ['/api/v1/quality/gaps?start=2024-01-02&end=2024-01-01', 'invalid_request'],
    ['/api/v1/quality/gaps?start=2024-01-02', 'invalid_request'],
    ['/api/v1/quality/quarantine?dataset=weekly', 'invalid_request'],
    ['/api/v1/quality/quarantine?cursor=eA', 'invalid_cursor'],
  ])('%s is answered with 400 %s', async (url, code) => {
    const { status, body } = await api.get(url);
    expect([status, body.code]).toEqual([400, code]);
  });
});
