import fc from 'fast-check';
import { createTestApi, type TestApi } from '../../support/api';

describe('the collection of data', () => {
  let api: TestApi;
  const sql = (text: string, values?: unknown[]) => api.database.owner.query(text, values);
  beforeAll(async () => {
    api = await createTestApi();
  });
  afterAll(() => api.close());

  test('has sources, each with what it is asked for and how its interfaces are doing', async () => {
    await sql(`
      INSERT INTO source_api (source, api, tokens, open_until, error_kind, error, consecutive_failures) VALUES
        ('tushare', 'daily', 199.5, NULL, NULL, NULL, 0),
        ('tushare', 'rt_k', 0, now() + interval '1 hour', 'permission', '没有权限', 3),
        ('akshare', 'stock_zh_a_hist', 5, now() - interval '1 minute', 'network', 'no answer', 2)`);
    const { body } = await api.get('/api/v1/sources');
    expect(body.data.map(({ source }: { source: string }) => source)).toEqual(['tushare', 'akshare', 'wind', 'sample']);
    const [tushare, akshare, , sample] = body.data;
    expect(tushare.datasets).toContain('adj_factor');
    expect(sample).toEqual({ source: 'sample', datasets: [], apis: [] });
    expect(tushare.apis).toMatchObject([
      { api: 'daily', breaker: 'closed', budget: { calls: 199.5 } },
      { api: 'rt_k', breaker: 'open', error_kind: 'permission', error: '没有权限', consecutive_failures: 3 },
    ]);
    expect(akshare.apis).toMatchObject([{ breaker: 'closed', error_kind: 'network' }]);
  });

  test('has datasets, each with how far it reaches and how far it should', async () => {
    const ask = async () =>
      Object.fromEntries(
        (await api.get('/api/v1/datasets')).body.data.map((row: { dataset: string }) => [row.dataset, row]),
      );
    const empty = await ask();
    expect(Object.keys(empty)).toEqual([
      'trade_cal',
      'stock_basic',
      'symbol_alias',
      'suspend',
      'adj_factor',
      'daily',
      'realtime',
    ]);
    expect(empty.daily).toEqual({
      dataset: 'daily',
      latest_day: null,
      expected_day: null,
      lag_trading_days: null,
      rows_estimate: 0,
      last_run: null,
    });

    // Trade on every day until today, so that yesterday or today is the last that is expected.
    await sql(`
      INSERT INTO trading_calendar (day, is_open, source)
      SELECT day::date, true, 'tushare' FROM generate_series(now() - interval '10 days', now() + interval '1 day', '1 day') AS day;
      INSERT INTO stock_data (symbol, trade_date, open, high, low, close, volume, amount, source)
      VALUES ('600000.SH', (now() AT TIME ZONE 'Asia/Shanghai')::date - 4, 1, 1, 1, 1, 1, 1, 'tushare');
      INSERT INTO ingest_run (dataset, last_day, state, source, error) VALUES
        ('daily', '2024-01-02', 'completed', 'tushare', NULL), ('daily', '2024-01-03', 'failed', NULL, 'no answer');
      INSERT INTO ingest_run (dataset, last_day, state, source) VALUES ('adj_factor', '2024-01-05', 'completed', 'wind')`);
    const { daily, adj_factor } = await ask();
    expect([3, 4]).toContain(daily.lag_trading_days);
    expect(daily.last_run).toMatchObject({ state: 'failed', error: 'no answer', source: null });
    expect(adj_factor).toMatchObject({ latest_day: '2024-01-05', last_run: { state: 'completed', source: 'wind' } });
  });

  test('has runs, the newest first, in pages that make up the whole', async () => {
    await sql('TRUNCATE ingest_run');
    for (let run = 0; run < 7; run++) {
      await sql(
        `INSERT INTO ingest_run (dataset, first_day, last_day, inserted) VALUES ($1, '2024-01-02', '2024-01-03', $2)`,
        [run % 2 ? 'daily' : 'suspend', run],
      );
    }
    const all = await api.allPages('/api/v1/runs?limit=1000');
    expect(all.map(({ inserted }) => inserted)).toEqual([6, 5, 4, 3, 2, 1, 0]);
    expect(all[0]).toMatchObject({ dataset: 'suspend', state: 'running', first_day: '2024-01-02', job_id: null });
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 9 }), async (limit) => {
        expect(await api.allPages(`/api/v1/runs?limit=${limit}`)).toEqual(all);
      }),
      { numRuns: 6 },
    );
    const daily = await api.allPages('/api/v1/runs?dataset=daily&limit=2');
    expect(daily.map(({ inserted }) => inserted)).toEqual([5, 3, 1]);
  });

  test.each([
    ['/api/v1/runs?dataset=weekly', 'invalid_request'],
    ['/api/v1/runs?cursor=MjAyNC0wMS0wMQ', 'invalid_cursor'],
    ['/api/v1/sources?source=tushare', 'invalid_request'],
  ])('%s is answered with 400 %s', async (url, code) => {
    const { status, body } = await api.get(url);
    expect([status, body.code]).toEqual([400, code]);
  });
});
