import { dayInShanghai } from '../../../src/market/trading-day';
import { createTestApi, type TestApi } from '../../support/api';

describe('jobs', () => {
  let api: TestApi;
  beforeAll(async () => {
    api = await createTestApi();
  });
  afterAll(() => api.close());

  const request = { type: 'ingest', source: 'sample', symbols: ['604981.SH'], start: '2024-01-02', end: '2024-01-31' };

  async function post(payload: object) {
    const response = await api.server.inject({
      method: 'POST',
      url: '/api/v1/jobs',
      headers: { 'x-api-key': api.keys.write },
      payload,
    });
    return { status: response.statusCode, location: response.headers.location, body: response.json() };
  }
  async function get(url: string) {
    const response = await api.server.inject({ url, headers: { 'x-api-key': api.keys.read } });
    return { status: response.statusCode, body: response.json() };
  }

  test('are accepted, handed to the queue and can be looked up', async () => {
    const { status, location, body } = await post(request);
    expect(status).toBe(202);
    expect(body.data).toMatchObject({ type: 'ingest', state: 'queued', attempts: 0, result: null, error: null });
    expect(location).toBe(`/api/v1/jobs/${body.data.job_id}`);
    expect(await (await api.queue.getJob(body.data.job_id))?.getState()).toBe('prioritized');
    const found = await get(location as string);
    expect(found.status).toBe(200);
    expect(found.body.data).toMatchObject({
      job_id: body.data.job_id,
      state: 'queued',
      request: { dataset: 'daily', source: 'sample', symbols: ['604981.SH'], start: '2024-01-02', end: '2024-01-31' },
      finished_at: null,
    });
  });

  test('that ask for the same in other words are one job', async () => {
    const first = await post({ ...request, symbols: ['604981.SH', '003981.SZ'] });
    const again = await post({ ...request, symbols: ['sz003981', '604981', '604981.SH'] });
    expect(again.status).toBe(202);
    expect(again.body.data.job_id).toBe(first.body.data.job_id);
    expect([first.body.meta.deduplicated, again.body.meta.deduplicated]).toEqual([false, true]);
  });

  test('for every stock of the source need no symbols', async () => {
    const { symbols, ...all } = request;
    expect((await post(all)).body.data.request.symbols).toBeNull();
  });

  test.each([
    [{ ...request, type: 'delete' }, 'invalid_request'],
    [{ ...request, source: 'oracle' }, 'invalid_request'],
    [{ ...request, symbols: [] }, 'invalid_request'],
    [{ ...request, symbols: ['AAPL'] }, 'invalid_symbol'],
    [{ ...request, start: '2024-02-01' }, 'invalid_request'],
    [{ ...request, start: '1989-12-31' }, 'invalid_request'],
    [{ ...request, end: '2999-01-01' }, 'invalid_request'],
    [{ ...request, end: undefined }, 'invalid_request'],
    [{ ...request, priority: 1 }, 'invalid_request'],
    [[], 'invalid_request'],
  ])('%j is refused and recorded nowhere', async (payload, code) => {
    const count = async () => (await api.database.pool.query('SELECT FROM job')).rowCount;
    const before = await count();
    const { status, body } = await post(payload);
    expect([status, body.code]).toEqual([400, code]);
    expect(await count()).toBe(before);
  });

  test('may reach to today in Shanghai', async () => {
    expect((await post({ ...request, end: dayInShanghai(new Date()) })).status).toBe(202);
  });

  test.each([
    ['/api/v1/jobs/00000000-0000-4000-8000-000000000000', 404, 'unknown_job'],
    ['/api/v1/jobs/1', 400, 'invalid_request'],
  ])('%s is answered with %i %s', async (url, status, code) => {
    const response = await get(url);
    expect([response.status, response.body.code]).toEqual([status, code]);
  });

  test('are accepted while the queue is down, and wait in the record', async () => {
    await api.queue.close();
    const { status, body } = await post({ ...request, start: '2024-01-15' });
    expect(status).toBe(202);
    expect((await get(`/api/v1/jobs/${body.data.job_id}`)).body.data.state).toBe('accepted');
  });
});
