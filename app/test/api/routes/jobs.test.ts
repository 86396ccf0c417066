import { encodeCursor } from '../../../src/api/cursor';
import { dayInShanghai } from '../../../src/market/trading-day';
import { createTestApi, type TestApi } from '../../support/api';

const unknown = '00000000-0000-4000-8000-000000000000';

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

  async function revoke(url: string) {
    const headers = { 'x-api-key': api.keys.write };
    const response = await api.server.inject({ method: 'DELETE', url, headers });
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
      request: {
        dataset: 'daily',
        source: 'sample',
        symbols: ['604981.SH'],
        start: '2024-01-02',
        end: '2024-01-31',
      },
      priority: 5,
      children: {},
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
    [{ ...request, priority: 0 }, 'invalid_request'],
    [{ ...request, dataset: 'weather' }, 'invalid_request'],
    [{ ...request, dataset: 'trade_cal' }, 'invalid_request'],
    [{ ...request, dataset: 'realtime' }, 'invalid_request'],
    [{ ...request, datasets: ['daily'] }, 'invalid_request'],
    [{ ...request, type: 'backfill' }, 'invalid_request'],
    [{ ...request, type: 'backfill', dataset: 'daily' }, 'invalid_request'],
    [{ ...request, type: 'backfill', datasets: ['daily', 'stock_basic'] }, 'invalid_request'],
    [{ ...request, color: 'red' }, 'invalid_request'],
    [[], 'invalid_request'],
  ])('%j is refused and recorded nowhere', async (payload, code) => {
    const count = async () => (await api.database.pool.query('SELECT FROM job')).rowCount;
    const before = await count();
    const { status, body } = await post(payload);
    expect([status, body.code]).toEqual([400, code]);
    expect(await count()).toBe(before);
  });

  test.each([
    ['trade_cal', { start: '2024-01-01', end: '2999-12-31' }],
    ['stock_basic', {}],
    ['symbol_alias', {}],
    ['suspend', { start: '2024-01-01', end: '2024-01-05' }],
    ['adj_factor', { start: '2024-01-01', end: '2024-01-05', symbols: ['604981'] }],
    ['realtime', { symbols: ['604981'] }],
  ])('load the dataset %s', async (dataset, rest) => {
    const { status, body } = await post({ type: 'ingest', dataset, ...rest });
    expect(status).toBe(202);
    expect(body.data.request).toMatchObject({
      dataset,
      source: 'auto',
      symbols: 'symbols' in rest ? ['604981.SH'] : null,
    });
    expect(body.data.priority).toBe(5);
  });

  test('of type backfill have a child for each month of each dataset, and can be revoked with them', async () => {
    const backfill = { type: 'backfill', datasets: ['daily', 'suspend'], start: '2023-12-15', end: '2024-02-10' };
    const { status, body } = await post(backfill);
    expect(status).toBe(202);
    expect(body.data).toMatchObject({ state: 'waiting', priority: 10, unfinished_children: 6 });
    const url = `/api/v1/jobs/${body.data.job_id}`;
    expect((await get(url)).body.data.children).toEqual({ queued: 6 });
    const children = (await get('/api/v1/jobs?type=ingest&limit=6')).body.data;
    expect(
      children.map((child: { request: { dataset: string; start: string; end: string } }) => child.request),
    ).toEqual(
      expect.arrayContaining([
        { dataset: 'daily', source: 'auto', symbols: null, start: '2023-12-15', end: '2023-12-31' },
        { dataset: 'daily', source: 'auto', symbols: null, start: '2024-01-01', end: '2024-01-31' },
        { dataset: 'suspend', source: 'auto', symbols: null, start: '2024-02-01', end: '2024-02-10' },
      ]),
    );
    const revoked = await revoke(url);
    expect([revoked.status, revoked.body.data.state]).toEqual([200, 'revoked']);
    expect((await get(url)).body.data.children).toEqual({ revoked: 6 });
    expect(await revoke(url)).toMatchObject({ status: 409, body: { code: 'job_finished' } });
  });

  test('are listed in pages, the newest first', async () => {
    const all = (await get('/api/v1/jobs')).body.data.map(({ job_id }: { job_id: string }) => job_id);
    const paged: string[] = [];
    for (let cursor = ''; ; ) {
      const { body } = await get(`/api/v1/jobs?limit=3${cursor && `&cursor=${cursor}`}`);
      paged.push(...body.data.map(({ job_id }: { job_id: string }) => job_id));
      if (body.meta.next_cursor === null) break;
      cursor = body.meta.next_cursor;
    }
    expect(paged).toEqual(all);
    expect(all.length).toBeGreaterThan(3);
    const revoked = (await get('/api/v1/jobs?state=revoked&type=backfill')).body.data;
    expect(revoked).toMatchObject([{ type: 'backfill', state: 'revoked' }]);
  });

  test('that run are marked when revoked, for their worker to stop', async () => {
    const { body } = await post({ ...request, start: '2024-01-30' });
    await api.database.pool.query("UPDATE job SET state = 'active' WHERE id = $1", [body.data.job_id]);
    const { status, body: answer } = await revoke(`/api/v1/jobs/${body.data.job_id}`);
    expect(status).toBe(202);
    expect(answer.data).toMatchObject({ state: 'active', is_revoke_requested: true, finished_at: null });
  });

  test('may reach to today in Shanghai', async () => {
    expect((await post({ ...request, end: dayInShanghai(new Date()) })).status).toBe(202);
  });

  test.each([
    [`/api/v1/jobs/${unknown}`, 404, 'unknown_job'],
    ['/api/v1/jobs/1', 400, 'invalid_request'],
    ['/api/v1/jobs?state=lost', 400, 'invalid_request'],
    ['/api/v1/jobs?type=dance', 400, 'invalid_request'],
    ['/api/v1/jobs?limit=0', 400, 'invalid_request'],
    ['/api/v1/jobs?cursor=nonsense', 400, 'invalid_cursor'],
    [`/api/v1/jobs?cursor=${encodeCursor(`9999-99-99T99:99:99.999999Z ${unknown}`)}`, 400, 'invalid_cursor'],
  ])('%s is answered with %i %s', async (url, status, code) => {
    const response = await get(url);
    expect([response.status, response.body.code]).toEqual([status, code]);
  });

  test('that are unknown cannot be revoked', async () => {
    expect(await revoke(`/api/v1/jobs/${unknown}`)).toMatchObject({ status: 404, body: { code: 'unknown_job' } });
    expect(await revoke('/api/v1/jobs/1')).toMatchObject({ status: 400 });
  });

  test('are accepted while the queue is down, and wait in the record', async () => {
    await api.queue.close();
    const { status, body } = await post({ ...request, start: '2024-01-15' });
    expect([status, body.data.state]).toEqual([202, 'accepted']);
    expect((await get(`/api/v1/jobs/${body.data.job_id}`)).body.data.state).toBe('accepted');
  });
});
