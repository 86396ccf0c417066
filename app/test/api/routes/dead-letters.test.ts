import { markFailed, recordJob } from '../../../src/jobs/job-store';
import { createTestApi, type TestApi } from '../../support/api';

describe('dead letters', () => {
  let api: TestApi;
  beforeAll(async () => {
    api = await createTestApi();
  });
  afterEach(() => api.database.owner.query('TRUNCATE job, dead_letter CASCADE'));
  afterAll(() => api.close());

  async function send(method: 'GET' | 'POST' | 'DELETE', url: string, scope: 'read' | 'write' | 'admin') {
    const response = await api.server.inject({ method, url, headers: { 'x-api-key': api.keys[scope] } });
    return { status: response.statusCode, body: response.body === '' ? null : response.json() };
  }
  async function addLetter(start = '2024-01-02'): Promise<number> {
    const request = { dataset: 'daily', source: 'sample', symbols: null, start, end: start };
    const { job } = await recordJob(api.database.pool, { type: 'ingest', request, priority: 7 });
    await markFailed(api.database.pool, job.id, 'connection reset', 'network');
    return (await send('GET', '/api/v1/dlq?limit=1', 'read')).body.data[0].id;
  }

  test('are listed in pages, the newest first, with why they failed', async () => {
    const ids = [await addLetter('2024-01-02'), await addLetter('2024-01-03'), await addLetter('2024-01-04')];
    const first = (await send('GET', '/api/v1/dlq?limit=2', 'read')).body;
    expect(first.data).toMatchObject([{ id: ids[2] }, { id: ids[1] }]);
    expect(first.data[0]).toMatchObject({
      type: 'ingest',
      request: { start: '2024-01-04' },
      priority: 7,
      error: 'connection reset',
      error_kind: 'network',
      replayed_job_id: null,
    });
    const second = (await send('GET', `/api/v1/dlq?limit=2&cursor=${first.meta.next_cursor}`, 'read')).body;
    expect(second.data).toMatchObject([{ id: ids[0] }]);
    expect(second.meta.next_cursor).toBeNull();
  });

  test('are replayed once, as a new job with the same request and priority', async () => {
    const id = await addLetter();
    const { status, body } = await send('POST', `/api/v1/dlq/${id}/replay`, 'write');
    expect(status).toBe(202);
    expect(body.data).toMatchObject({ state: 'queued', request: { start: '2024-01-02' }, priority: 7, attempts: 0 });
    expect(await api.queue.getJobState(body.data.job_id)).toBe('prioritized');
    expect(await send('POST', `/api/v1/dlq/${id}/replay`, 'write')).toMatchObject({
      status: 409,
      body: { code: 'already_replayed' },
    });
    expect((await send('GET', '/api/v1/dlq', 'read')).body.data).toEqual([]);
    const replayed = (await send('GET', '/api/v1/dlq?replayed=true', 'read')).body.data;
    expect(replayed).toMatchObject([{ id, replayed_job_id: body.data.job_id }]);
  });

  test('are replayed once when many ask at a time', async () => {
    const id = await addLetter();
    const all = await Promise.all(Array.from({ length: 5 }, () => send('POST', `/api/v1/dlq/${id}/replay`, 'write')));
    expect(all.map(({ status }) => status).sort()).toEqual([202, 409, 409, 409, 409]);
  });

  test('are forgotten by an administrator alone', async () => {
    const id = await addLetter();
    expect((await send('DELETE', `/api/v1/dlq/${id}`, 'write')).status).toBe(403);
    expect((await send('DELETE', `/api/v1/dlq/${id}`, 'admin')).status).toBe(204);
    expect((await send('DELETE', `/api/v1/dlq/${id}`, 'admin')).status).toBe(404);
  });

  test.each([
    ['GET', '/api/v1/dlq?limit=0', 400],
    ['GET', '/api/v1/dlq?cursor=nonsense', 400],
    ['GET', '/api/v1/dlq?replayed=perhaps', 400],
    ['POST', '/api/v1/dlq/999/replay', 404],
    ['POST', '/api/v1/dlq/one/replay', 400],
    ['POST', '/api/v1/dlq/99999999999999999999/replay', 400],
    ['DELETE', '/api/v1/dlq/0', 400],
  ] as const)('%s %s is answered with %i', async (method, url, status) => {
    expect((await send(method, url, 'admin')).status).toBe(status);
  });
});
