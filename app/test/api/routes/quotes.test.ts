import { createTestApi, type TestApi } from '../../support/api';

describe('quotes', () => {
  let api: TestApi;
  beforeAll(async () => {
    api = await createTestApi();
    await api.database.pool.query(`
      INSERT INTO quote (symbol, price, open, pre_close, volume, amount, quoted_at, source, batch) VALUES
        ('600000.SH', 10.5, 10.2, 10, 1200, 12600.5, '2024-01-02T14:30:00+08', 'tushare', 1),
        ('000001.SZ', 9, NULL, NULL, 100, 900, '2024-01-02T14:30:00+08', 'akshare', 1);
      INSERT INTO symbol_alias VALUES ('600001.SH', '600000.SH', '2020-01-02', 'tushare')`);
  });
  afterAll(() => api.close());

  test('give the price with its change against the day before', async () => {
    const { body } = await api.get('/api/v1/stocks/sh600000/quote');
    expect(body.data).toEqual({
      symbol: '600000.SH',
      price: 10.5,
      open: 10.2,
      high: null,
      low: null,
      pre_close: 10,
      change: 0.5,
      pct_chg: 5,
      volume: 1200,
      amount: 12600.5,
      quoted_at: '2024-01-02T06:30:00.000Z',
      source: 'tushare',
    });
    expect(body.meta).toMatchObject({ symbol: '600000.SH', source: 'tushare', units: { price: 'CNY' }, stale: false });
  });

  test('of several stocks come in the order asked for, each once; those missing are named', async () => {
    const { body } = await api.get('/api/v1/quotes?symbols=sz000001,600000,600519.SH,600000.SH,600001.SH');
    expect(body.data.map(({ symbol }: { symbol: string }) => symbol)).toEqual(['000001.SZ', '600000.SH']);
    expect(body.data[0]).toMatchObject({ change: null, pct_chg: null });
    expect(body.meta).toMatchObject({ source: 'mixed', is_fallback: true, fallback_from: 'tushare' });
    expect(body.warnings).toEqual([
      'there is no quote of 600519.SH',
      '600001.SH was renumbered 600000.SH; the data is that of 600000.SH',
    ]);
  });

  test.each([
    ['/api/v1/stocks/600519.SH/quote', 404, 'no_quote'],
    ['/api/v1/quotes', 400, 'invalid_request'],
    ['/api/v1/quotes?symbols=', 400, 'invalid_request'],
    ['/api/v1/quotes?symbols=600000,AAPL', 400, 'invalid_symbol'],
    [`/api/v1/quotes?symbols=${Array(201).fill('600000').join()}`, 400, 'invalid_request'],
  ])('%s is answered with %i %s', async (url, status, code) => {
    const response = await api.get(url);
    expect([response.status, response.body.code]).toEqual([status, code]);
  });
});
