import fc from 'fast-check';
import { createTestApi, type TestApi } from '../../support/api';

describe('the market', () => {
  let api: TestApi;
  beforeAll(async () => {
    api = await createTestApi();
    await api.database.pool.query(`
      INSERT INTO trading_calendar (day, is_open, source)
      SELECT day::date, extract(isodow FROM day) < 6, 'tushare'
      FROM generate_series(timestamp '2024-01-01', '2024-01-31', '1 day') AS day;
      INSERT INTO adjustment_factor VALUES
        ('600000.SH', 'akshare', '2024-01-02', 2.5), ('600000.SH', 'akshare', '2024-01-03', 2.75),
        ('600000.SH', 'wind', '2024-01-02', 9), ('003981.SZ', 'sample', '2024-01-02', 1);
      INSERT INTO suspension (symbol, day, kind, timing, source) VALUES
        ('600000.SH', '2024-01-02', 'suspended', NULL, 'tushare'),
        ('600000.SH', '2024-01-02', 'resumed', '09:30-10:00', 'tushare'),
        ('600000.SH', '2024-01-02', 'resumed', '13:00-13:30', 'tushare'),
        ('000001.SZ', '2024-01-02', 'suspended', NULL, 'tushare'),
        ('000001.SZ', '2024-01-03', 'suspended', NULL, 'tushare')`);
  });
  afterAll(() => api.close());

  test.each([
    ['/api/v1/calendar?start=2024-01-03', 29],
    ['/api/v1/adj-factors/600000.SH?end=2024-12-31', 2],
    ['/api/v1/suspensions?date=2024-01-02', 4],
  ])('%s comes in pages that make up the whole', async (url, rows) => {
    const whole = await api.allPages(`${url}&limit=1000`);
    expect(whole).toHaveLength(rows);
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: rows + 1 }), async (limit) => {
        expect(await api.allPages(`${url}&limit=${limit}`)).toEqual(whole);
      }),
      { numRuns: 5 },
    );
  });

  test('has a calendar of days that are open and closed', async () => {
    const { body } = await api.get('/api/v1/calendar?start=2024-01-05&end=2024-01-06');
    expect(body.data).toEqual([
      { exchange: 'SH', day: '2024-01-05', is_open: true, source: 'tushare' },
      { exchange: 'SH', day: '2024-01-06', is_open: false, source: 'tushare' },
    ]);
  });

  test('has the days of Shenzhen and Beijing, which are those of Shanghai but for a few', async () => {
    await api.database.pool.query(
      `INSERT INTO trading_calendar (exchange, day, is_open, source) VALUES
         ('SH', '1992-10-04', false, 'tushare'), ('SZ', '1992-10-04', true, 'tushare')`,
    );
    const openOn = async (exchange: string, day: string) =>
      (await api.get(`/api/v1/calendar?exchange=${exchange}&start=${day}&end=${day}`)).body.data[0].is_open;
    expect(await openOn('SH', '1992-10-04')).toBe(false);
    expect(await openOn('SZ', '1992-10-04')).toBe(true);
    expect(await openOn('BJ', '1992-10-04')).toBe(false);
    expect(await openOn('SZ', '2024-01-05')).toBe(true);
  });

  test('has adjustment factors of the preferred source, or of the one asked for', async () => {
    const { body } = await api.get('/api/v1/adj-factors/600000');
    expect(body.data).toEqual([
      { trade_date: '2024-01-02', factor: 2.5 },
      { trade_date: '2024-01-03', factor: 2.75 },
    ]);
    expect(body.meta).toMatchObject({ symbol: '600000.SH', source: 'akshare', fallback_from: 'tushare' });
    expect((await api.get('/api/v1/adj-factors/600000?source=wind')).body.data).toEqual([
      { trade_date: '2024-01-02', factor: 9 },
    ]);
    expect((await api.get('/api/v1/adj-factors/003981')).body.meta.source).toBe('sample');
  });

  test('has suspensions of a day, in order', async () => {
    const { body } = await api.get('/api/v1/suspensions?date=2024-01-02');
    expect(body.data.map(({ symbol, kind, timing }: Record<string, string>) => [symbol, kind, timing])).toEqual([
      ['000001.SZ', 'suspended', null],
      ['600000.SH', 'resumed', '09:30-10:00'],
      ['600000.SH', 'resumed', '13:00-13:30'],
      ['600000.SH', 'suspended', null],
    ]);
  });

  test.each([
    ['/api/v1/calendar?start=2024-02-01&end=2024-01-01', 'invalid_request'],
    ['/api/v1/calendar?cursor=MjAyNC0xMy0wMQ', 'invalid_cursor'],
    ['/api/v1/adj-factors/600000?source=oracle', 'invalid_request'],
    ['/api/v1/adj-factors/AAPL', 'invalid_symbol'],
    ['/api/v1/suspensions', 'invalid_request'],
    ['/api/v1/suspensions?date=2024-01-02&cursor=MjAyNC0wMS0wMQ', 'invalid_cursor'],
  ])('%s is answered with 400 %s', async (url, code) => {
    const { status, body } = await api.get(url);
    expect([status, body.code]).toEqual([400, code]);
  });
});
