import { pino } from 'pino';
import { createApiKey } from '../../src/access/api-key';
import { AnswerCache } from '../../src/cache/answer-cache';
import { readRole } from '../../src/database/roles';
import { startApi } from '../../src/roles/api';
import type { RunningRole } from '../../src/roles/running-role';
import { readEnvironment } from '../../src/runtime/env';
import { secretKey } from '../support/api';
import { createTestDatabase, type TestDatabase } from '../support/database';
import { freePorts } from '../support/free-ports';
import { freeze, freezePostgres } from '../support/freeze';
import { type RedisServer, startRedisServer } from '../support/redis-server';

const silent = pino({ level: 'silent' });

/** What is frozen says nothing, and refuses nothing either. */
describe('the API beside a frozen server', () => {
  const cachedPath = '/api/v1/stocks/600000.SH/daily?start=2024-01-02&end=2024-01-02';
  let database: TestDatabase;
  let cache: RedisServer;
  let queue: RedisServer;
  let api: RunningRole;
  let key: string;
  let thaw: () => void = () => undefined;
  let asked = 0;
  beforeAll(async () => {
    [database, cache, queue] = await Promise.all([createTestDatabase(), startRedisServer(), startRedisServer()]);
    await database.pool.query(`
      INSERT INTO stock (symbol, name, source) VALUES ('600000.SH', '浦发银行', 'tushare');
      INSERT INTO stock_data (symbol, trade_date, open, high, low, close, volume, amount, source)
      VALUES ('600000.SH', '2024-01-02', 10, 11, 9, 10.5, 100, 1000, 'tushare')`);
    key = (await createApiKey(database.reader, secretKey, 'test', ['read', 'write', 'admin'])).key;
    const [http = 0, metrics = 0] = await freePorts(2);
    const { DATABASE_URL, DATABASE_PASSWORD } = database.environmentOf(readRole);
    const environment = readEnvironment('api', {
      DATABASE_URL,
      DATABASE_PASSWORD,
      REDIS_URL: `${cache.url}/0`,
      REDIS_PASSWORD: cache.password,
      QUEUE_URL: `${queue.url}/0`,
      QUEUE_PASSWORD: queue.password,
      SECRET_KEY: secretKey,
      HTTP_HOST: '127.0.0.1',
      HTTP_PORT: String(http),
      METRICS_PORT: String(metrics),
    });
    api = await startApi(environment, silent);
  });
  beforeEach(async () => {
    while (!(await ask(cachedPath)).body.meta?.cached);
  });
  afterEach(async () => {
    thaw();
    thaw = () => undefined;
    while ((await ask(newPath())).status !== 200);
  });
  afterAll(async () => {
    await api.close();
    await Promise.all([database.drop(), cache.stop(), queue.stop()]);
  });

  /** A question nobody has asked before. */
  const newPath = () => `/api/v1/stocks/600000.SH/daily?start=2024-01-02&limit=${++asked}`;
  async function ask(path: string, options: RequestInit = {}) {
    const started = performance.now();
    const headers = { 'x-api-key': key, 'content-type': 'application/json', ...options.headers };
    const response = await fetch(`${api.urls.api}${path}`, { ...options, headers });
    const text = await response.text();
    const seconds = (performance.now() - started) / 1000;
    const retryAfter = response.headers.get('retry-after');
    return { status: response.status, retryAfter, seconds, body: text.startsWith('{') ? JSON.parse(text) : text };
  }
  const submit = () =>
    ask('/api/v1/jobs', {
      method: 'POST',
      body: JSON.stringify({ type: 'ingest', start: '2024-01-02', end: `2024-01-${10 + (++asked % 20)}` }),
    });
  const expectUnavailable = ({ status, retryAfter, seconds, body }: Awaited<ReturnType<typeof ask>>) => {
    expect({ status, retryAfter, code: body.code }).toEqual({
      status: 503,
      retryAfter: '5',
      code: 'database_unavailable',
    });
    expect(seconds).toBeLessThan(5);
  };

  test('answers from the cache within a second, and everything else with 503 within five, while PostgreSQL is frozen', async () => {
    thaw = freezePostgres();
    const [cached, ...others] = await Promise.all([
      ask(cachedPath),
      ask(newPath()),
      submit(),
      ask('/api/v1/calendar'),
      ask(cachedPath, { headers: { 'x-api-key': `sk_0123456789ab_${'A'.repeat(43)}` } }),
    ]);
    for (const answer of others) expectUnavailable(answer);
    // Now the key has to be looked up again, which cannot be done.
    await new Promise((resolve) => setTimeout(resolve, 5_000));
    const later = [cached, await ask(cachedPath), await ask(cachedPath)];
    for (const { status, seconds } of later) {
      expect(status).toBe(200);
      expect(seconds).toBeLessThan(1);
    }
    const noticed = await ask(newPath());
    expectUnavailable(noticed);
    expect(noticed.seconds).toBeLessThan(1);
    expect((await ask('/health')).status).toBe(503);
    expect((await ask('/health/ready')).status).toBe(200);
  });

  test('gives the last answer again, marked as stale, while PostgreSQL is frozen', async () => {
    const worker = new AnswerCache({ url: `${cache.url}/0`, password: cache.password }, silent);
    while (
      !(await worker.ping().then(
        () => true,
        () => false,
      ))
    );
    await worker.invalidate(['600000.SH']);
    worker.close();
    thaw = freezePostgres();
    const { status, seconds, body: stale } = await ask(cachedPath);
    expect([status, stale.meta.stale]).toEqual([200, true]);
    expect(seconds).toBeLessThan(5);
  });

  test('answers from PostgreSQL while the cache is frozen, and soon without waiting for it', async () => {
    thaw = freeze(cache.processId);
    const first = await ask(newPath());
    expect([first.status, first.body.meta.cached]).toEqual([200, false]);
    expect(first.seconds).toBeLessThan(2);
    await new Promise((resolve) => setTimeout(resolve, 2_000));
    const later = await ask(newPath());
    expect(later.status).toBe(200);
    expect(later.seconds).toBeLessThan(0.25);
  });

  test('accepts jobs and tells what it knows of them while the queue is frozen', async () => {
    thaw = freeze(queue.processId);
    const first = await submit();
    expect([first.status, first.body.data.state]).toEqual([202, 'accepted']);
    expect(first.seconds).toBeLessThan(3);
    const overview = await ask('/api/v1/queue');
    expect([overview.status, overview.body.warnings.length]).toEqual([200, 1]);
    expect(overview.seconds).toBeLessThan(4);
    const dashboard = await ask('/admin/queues/api/queues');
    expect(dashboard.status).toBeGreaterThanOrEqual(500);
    expect(dashboard.seconds).toBeLessThan(5);
    expect((await ask(newPath())).status).toBe(200);
  });
});
