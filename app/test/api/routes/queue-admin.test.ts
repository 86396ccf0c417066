import { pino } from 'pino';
import { scheduleNames, setSchedules } from '../../../src/jobs/installed-schedules';
import { markQueued, recordJob } from '../../../src/jobs/job-store';
import { openWorker } from '../../../src/jobs/queue';
import { addToQueue } from '../../../src/jobs/submit';
import { createTestApi, type TestApi } from '../../support/api';

const silent = pino({ level: 'silent' });

describe('the queue', () => {
  let api: TestApi;
  beforeAll(async () => {
    api = await createTestApi();
  });
  afterAll(() => api.close());

  const get = async (url: string, headers: Record<string, string>) => {
    const response = await api.server.inject({ url, headers });
    return { status: response.statusCode, headers: response.headers, text: response.body };
  };

  test('tells its jobs, workers and schedules', async () => {
    const worker = openWorker(api.database.environment, { concurrency: 1 }, async () => 'done', silent);
    await worker.waitUntilReady();
    const { job } = await recordJob(api.database.pool, { type: 'ingest', request: {}, priority: 5 });
    await addToQueue(api.queue, [job], 30);
    await markQueued(api.database.pool, [job.id]);
    await api.database.pool.query("UPDATE job SET updated_at = now() - interval '1 hour'");
    await setSchedules(api.queue, scheduleNames);
    const { text } = await get('/api/v1/queue', { 'x-api-key': api.keys.read });
    await worker.close();
    const { data, warnings } = JSON.parse(text);
    expect(data).toMatchObject({ jobs: { queued: 1 }, queue: { prioritized: 1, active: 0 }, workers: 1 });
    expect(data.oldest_waiting_seconds).toBeGreaterThanOrEqual(3600);
    expect(data.schedules.map(({ name }: { name: string }) => name).sort()).toEqual([...scheduleNames].sort());
    expect(data.schedules[0]).toEqual({
      name: expect.any(String),
      pattern: expect.any(String),
      next: expect.stringMatching(/^\d{4}-/),
    });
    expect(warnings).toEqual([]);
  });

  describe('has a dashboard', () => {
    test('that asks a browser for a key, and lets in that of an administrator alone', async () => {
      const unknown = await get('/admin/queues', {});
      expect(unknown.status).toBe(401);
      expect(unknown.headers['www-authenticate']).toBe('Basic realm="queue dashboard"');
      expect((await get('/admin/queues', { 'x-api-key': api.keys.write })).status).toBe(403);
      const password = Buffer.from(`anybody:${api.keys.admin}`).toString('base64');
      expect((await get('/admin/queues', { authorization: `Basic ${password}` })).status).toBe(200);
      expect((await get('/admin/queues', { 'x-api-key': api.keys.admin })).status).toBe(200);
    });

    test('that is a page with its scripts and its data, under the same security headers', async () => {
      const key = { 'x-api-key': api.keys.admin };
      const page = await get('/admin/queues', key);
      expect(page.text).toContain('Stock analysis');
      expect(page.headers['content-security-policy']).toContain("default-src 'self'");
      for (const [, script] of page.text.matchAll(/src="(static\/[^"]+\.js)"/g)) {
        expect((await get(`/admin/queues/${script}`, key)).status).toBe(200);
      }
      const { queues } = JSON.parse((await get('/admin/queues/api/queues', key)).text);
      expect(queues).toMatchObject([{ name: 'stock-analysis', readOnlyMode: true, counts: { prioritized: 1 } }]);
    });

    test('that changes nothing', async () => {
      const url = '/admin/queues/api/queues/stock-analysis/pause';
      const response = await api.server.inject({ method: 'PUT', url, headers: { 'x-api-key': api.keys.admin } });
      expect(response.statusCode).toBe(405);
      expect(await api.queue.isPaused()).toBe(false);
    });
  });

  test('tells what is recorded while it is down', async () => {
    await api.queue.close();
    const { status, text } = await get('/api/v1/queue', { 'x-api-key': api.keys.read });
    expect(status).toBe(200);
    expect(JSON.parse(text)).toMatchObject({
      data: { jobs: { queued: 1 }, queue: {}, workers: 0, schedules: [] },
      warnings: ['the queue does not answer; jobs are accepted and wait'],
    });
  });
});
