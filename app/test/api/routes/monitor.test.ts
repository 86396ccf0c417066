import { EmbeddedMonitor } from '../../../src/embedded/monitor/monitor';
import { createTestApi, type TestApi } from '../../support/api';

describe('an API that is watched from within', () => {
  const monitor = new EmbeddedMonitor();
  let api: TestApi;
  beforeAll(async () => {
    api = await createTestApi({ monitor });
    monitor.add('api', api.registry);
  });
  afterAll(() => api.close());

  const page = async (watched: TestApi) => (await watched.server.inject('/')).body;

  test('tells what was sampled of its own metrics, to who has a key', async () => {
    expect((await api.server.inject('/api/v1/monitor')).statusCode).toBe(401);
    const { status, body } = await api.get('/api/v1/monitor');
    expect(status).toBe(200);
    expect(body.data).toMatchObject({ sampled_at: null, interval_seconds: 5, times: [], lines: [], left_out: [] });

    await monitor.sample(1_800_000_000);
    await api.get('/api/v1/stocks');
    await monitor.sample(1_800_000_030);
    await api.get('/api/v1/stocks');
    await monitor.sample(1_800_000_060);
    const { data } = (await api.get('/api/v1/monitor')).body;
    expect(data.sampled_at).toBe('2027-01-15T08:01:00.000Z');
    expect(data.times).toEqual([1_800_000_000, 1_800_000_030, 1_800_000_060]);
    const requests = data.lines.find(({ chart }: { chart: string }) => chart === 'requests');
    expect(requests.values).toEqual([null, expect.any(Number), expect.any(Number)]);
    expect(requests.values[2]).toBeGreaterThan(0);
    // Only the scheduler tells of the queue, and there is none here.
    expect(data.alerts).toContainEqual(
      expect.objectContaining({ name: 'SchedulerMetricsMissing', state: 'pending', for_seconds: 300 }),
    );
  });

  test('has the operations view on its page and in its description; another has neither', async () => {
    expect(await page(api)).toContain('data-monitored="true"');
    expect((await api.get('/openapi.json')).body.paths).toHaveProperty(['/api/v1/monitor']);
    const other = await createTestApi();
    expect(await page(other)).toContain('data-monitored="false"');
    expect((await other.get('/api/v1/monitor')).status).toBe(404);
    expect((await other.get('/openapi.json')).body.paths).not.toHaveProperty(['/api/v1/monitor']);
    await other.close();
  });
});
