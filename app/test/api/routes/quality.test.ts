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

  test.each([
    ['/api/v1/quality/quarantine?dataset=weekly', 'invalid_request'],
    ['/api/v1/quality/quarantine?cursor=eA', 'invalid_cursor'],
  ])('%s is answered with 400 %s', async (url, code) => {
    const { status, body } = await api.get(url);
    expect([status, body.code]).toEqual([400, code]);
  });
});
