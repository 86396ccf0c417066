import { createTestApi, type TestApi } from '../../support/api';

describe('the quota of unfinished jobs', () => {
  let api: TestApi;
  beforeAll(async () => {
    api = await createTestApi({ jobQuota: { perKey: 4, total: 6 } });
  });
  afterEach(() => api.database.owner.query('TRUNCATE job, dead_letter CASCADE'));
  afterAll(() => api.close());

  async function post(url: string, payload: object | undefined, key: string) {
    const response = await api.server.inject({ method: 'POST', url, headers: { 'x-api-key': key }, payload });
    return { status: response.statusCode, headers: response.headers, body: response.json() };
  }
  const ingest = (day: number) => ({
    type: 'ingest',
    start: `2024-01-${String(day).padStart(2, '0')}`,
    end: '2024-01-31',
  });
  const submit = (day: number, key = api.keys.write) => post('/api/v1/jobs', ingest(day), key);
  const count = async () => (await api.database.pool.query('SELECT FROM job WHERE finished_at IS NULL')).rowCount;

  test('keeps a key from more than its own, says what to do, and leaves nothing of what is refused', async () => {
    for (const day of [1, 2, 3, 4]) expect((await submit(day)).status).toBe(202);
    const { status, headers, body } = await submit(5);
    expect([status, body.code, headers['retry-after']]).toEqual([429, 'too_many_jobs', '60']);
    expect(body.detail).toBe(
      'with this job this key would have more unfinished ones than the 4 it may have (API_UNFINISHED_JOBS_PER_KEY); wait until some have finished, revoke some, or ask for less',
    );
    expect(await count()).toBe(4);
  });

  test('finds the unfinished job that asks for the same also where no other has room', async () => {
    for (const day of [1, 2, 3, 4]) await submit(day);
    const { status, body } = await submit(4);
    expect([status, body.meta.deduplicated]).toEqual([202, true]);
  });

  test('has room again once a job has ended', async () => {
    for (const day of [1, 2, 3, 4]) await submit(day);
    await api.database.pool.query(
      "UPDATE job SET finished_at = now(), state = 'completed' WHERE request->>'start' = '2024-01-01'",
    );
    expect((await submit(5)).status).toBe(202);
  });

  test('keeps all keys together from more than there may be', async () => {
    for (const day of [1, 2, 3, 4]) await submit(day);
    for (const day of [5, 6]) expect((await submit(day, api.keys.admin)).status).toBe(202);
    const { status, headers, body } = await submit(7, api.keys.admin);
    expect([status, body.code, headers['retry-after']]).toEqual([503, 'too_many_jobs', '60']);
    expect(body.detail).toContain('the 6 there may be (API_UNFINISHED_JOBS)');
  });

  test('counts the parts of a backfill, which has room as a whole or not at all', async () => {
    const backfill = (end: string) => ({ type: 'backfill', datasets: ['daily'], start: '2024-01-01', end });
    const { status, body } = await post('/api/v1/jobs', backfill('2024-04-30'), api.keys.write);
    expect([status, body.detail]).toEqual([429, expect.stringContaining('with these 5 jobs')]);
    expect(await count()).toBe(0);
    expect((await post('/api/v1/jobs', backfill('2024-03-31'), api.keys.write)).status).toBe(202);
    expect(await count()).toBe(4);
  });

  test('is not outrun by asking for many at the same time', async () => {
    const days = Array.from({ length: 12 }, (_, index) => index + 1);
    const statuses = (await Promise.all(days.map((day) => submit(day)))).map(({ status }) => status);
    expect(statuses.filter((status) => status === 202)).toHaveLength(4);
    expect(await count()).toBe(4);
  });

  test('counts what is replayed, and a letter that was refused can be replayed later', async () => {
    await api.database.pool.query(
      `INSERT INTO dead_letter (job_id, type, request, priority, attempts, error)
       VALUES (gen_random_uuid(), 'ingest', '{"dataset": "realtime"}', 1, 5, 'failed')`,
    );
    for (const day of [1, 2, 3, 4]) await submit(day);
    const { body } = await api.get('/api/v1/dlq');
    const replay = () => post(`/api/v1/dlq/${body.data[0].id}/replay`, undefined, api.keys.write);
    expect(await replay()).toMatchObject({ status: 429, body: { code: 'too_many_jobs' } });
    await api.database.owner.query('TRUNCATE job CASCADE');
    const replayed = await replay();
    expect(replayed.status).toBe(202);
    // The priority of quotes is that of their schedule alone.
    expect(replayed.body.data.priority).toBe(2);
  });

  test('leaves the priority of quotes to their schedule', async () => {
    const order = { type: 'ingest', dataset: 'realtime' };
    expect((await post('/api/v1/jobs', { ...order, priority: 1 }, api.keys.write)).body).toMatchObject({
      status: 400,
      errors: [{ field: 'body.priority', message: "priority '1' must be >= 2" }],
    });
    expect((await post('/api/v1/jobs', order, api.keys.write)).body.data.priority).toBe(5);
  });
});
