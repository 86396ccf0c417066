import { Redis } from 'ioredis';
import { pino } from 'pino';
import { AnswerCache } from '../../src/cache/answer-cache';
import { createTestApi, type TestApi } from '../support/api';
import { loadSample } from '../support/ingest';
import { redisUrl } from '../support/start-redis';

const silent = pino({ level: 'silent' });

/** A cache once it is connected: until then it finds nothing. */
async function openCache(user: 'api' | 'worker'): Promise<AnswerCache> {
  const cache = new AnswerCache(
    { url: redisUrl(`cache-${user}`, 0), password: process.env.TEST_REDIS_PASSWORD },
    silent,
  );
  for (;;) {
    try {
      await cache.ping();
      return cache;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }
}

describe('the cache', () => {
  let cache: AnswerCache;
  let cacheOfWorker: AnswerCache;
  let redis: Redis;
  let api: TestApi;
  beforeAll(async () => {
    cache = await openCache('api');
    cacheOfWorker = await openCache('worker');
    redis = new Redis(`${process.env.TEST_REDIS_SERVER}/0`, { password: process.env.TEST_REDIS_PASSWORD });
    api = await createTestApi({ cache });
    await load('2024-01-02', '2024-01-31');
  });
  beforeEach(() => redis.flushdb());
  afterAll(async () => {
    cache.close();
    cacheOfWorker.close();
    redis.disconnect();
    await api.close();
  });

  const load = (start: string, end: string) =>
    loadSample(api.database.pool, { symbols: ['604981.SH'], start, end }, { cache: cacheOfWorker });
  const get = async (query = '?start=2024-01-02&end=2024-01-31') => {
    const url = `/api/v1/stocks/604981.SH/daily${query}`;
    return (await api.server.inject({ url, headers: { 'x-api-key': api.keys.read } })).json();
  };
  const answer = (body: string) => ({ body: Buffer.from(body), etag: 'e', nextCursor: null, readAt: Date.now() });
  const counted = async (result: string) => {
    const { values } = await (
      api.registry.getSingleMetric('cache_requests_total') as import('prom-client').Counter
    ).get();
    return values.find(({ labels }) => labels.result === result)?.value ?? 0;
  };

  test('gives the answer again without the database, with a request id of its own', async () => {
    const first = await get();
    await api.database.owner.query('ALTER TABLE stock_data RENAME TO hidden');
    const second = await get();
    await api.database.owner.query('ALTER TABLE hidden RENAME TO stock_data');
    expect(second).toEqual({
      ...first,
      meta: { ...first.meta, request_id: second.meta.request_id, cached: true, cache_age_seconds: expect.any(Number) },
    });
    expect(second.meta.request_id).not.toBe(first.meta.request_id);
    expect([await counted('miss'), await counted('hit')]).toEqual([1, 1]);
  });

  test('gives the last answer, marked as stale, where it is out of date and the database does not answer', async () => {
    const first = await get();
    await cache.invalidate(['604981.SH']);
    const down = jest.spyOn(api.database.reader, 'query').mockImplementation(() => {
      throw Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
    });
    const second = await get();
    const csv = await api.get('/api/v1/stocks/604981.SH/daily?format=csv');
    down.mockRestore();
    expect(second.data).toEqual(first.data);
    expect(second.meta).toMatchObject({ cached: true, stale: true, as_of: first.meta.as_of });
    expect(second.warnings).toEqual([
      ...first.warnings,
      'the database does not answer: this is the last answer it gave, which may be out of date',
    ]);
    expect(await counted('stale')).toBe(1);
    // Nobody asked for CSV before.
    expect([csv.status, csv.body.code]).toEqual([503, 'database_unavailable']);
    expect((await get()).meta).toMatchObject({ cached: false, stale: false });
  });

  test('keeps no problems', async () => {
    expect((await get('?adjust=hfq&start=2024-01-02')).code).toBe('no_adjustment');
    expect((await api.get('/api/v1/stocks/600519.SH/daily')).body.code).toBe('unknown_symbol');
    expect((await redis.keys('answer:*')).filter((key) => /hfq|600519/.test(key))).toEqual([]);
  });

  test('is emptied by prefix or by stock, of answers alone', async () => {
    const remove = async (query: string, key = api.keys.admin) =>
      (
        await api.server.inject({ method: 'DELETE', url: `/api/v1/admin/cache${query}`, headers: { 'x-api-key': key } })
      ).json();
    const fill = async () => {
      await get();
      await get('?limit=2');
      await api.get('/api/v1/market/daily?trade_date=2024-01-02');
    };
    await redis.set('bull:job', 'not ours');
    await fill();
    expect((await remove('?prefix=market-daily:')).data).toEqual({ removed: 1 });
    expect((await remove('?symbol=sh604981')).data).toEqual({ removed: 2 });
    await fill();
    expect((await remove('')).data).toEqual({ removed: 3 });
    expect(await redis.get('bull:job')).toBe('not ours');
    expect((await remove('?prefix=*')).code).toBe('invalid_request');
    expect((await remove('', api.keys.write)).code).toBe('insufficient_scope');
  });

  test('keeps the bytes of every form', async () => {
    const url = '/api/v1/stocks/604981.SH/daily?format=parquet';
    const first = await api.get(url);
    const second = await api.get(url);
    expect(second.raw.equals(first.raw)).toBe(true);
    expect([first.headers.age, second.headers.age]).toEqual([undefined, expect.stringMatching(/^\d+$/)]);
    expect(second.headers.etag).toBe(first.headers.etag);
  });

  test('tells one request from another', async () => {
    expect((await get('?limit=2')).data).toHaveLength(2);
    expect((await get('?limit=3')).data).toHaveLength(3);
    expect((await get('?limit=2&start=2024-01-10')).data[0].trade_date).toBe('2024-01-10');
  });

  test("gives an answer up once the stock's data changes", async () => {
    expect((await get('?limit=1000')).data).toHaveLength(22);
    await load('2024-02-01', '2024-02-02');
    expect((await get('?limit=1000')).data).toHaveLength(24);
  });

  test('does not keep an answer that was read before the data changed and stored after', async () => {
    const before = await cache.find('604981.SH', 'key');
    await cache.invalidate(['604981.SH']);
    await cache.store('key', before?.version as string, answer('old'), 60);
    expect(await cache.find('604981.SH', 'key')).toMatchObject({ isCurrent: false });
  });

  test('does not count an old answer again after Redis has evicted the version it was given up by', async () => {
    const version = async () => (await cache.find('604981.SH', 'key'))?.version as string;
    await cache.store('key', await version(), answer('old'), 60);
    expect(await cache.find('604981.SH', 'key')).toMatchObject({ isCurrent: true });
    await cache.invalidate(['604981.SH']);
    await redis.del('version:604981.SH');
    expect(await cache.find('604981.SH', 'key')).toMatchObject({ isCurrent: false });
    await redis.del('version:604981.SH');
    await cache.invalidate(['604981.SH']);
    expect(await cache.find('604981.SH', 'key')).toMatchObject({ isCurrent: false });
  });

  test('gives one version to all who ask for the first time', async () => {
    const found = await Promise.all(Array.from({ length: 10 }, () => cache.find('604981.SH', 'key')));
    expect(new Set(found.map((finding) => finding?.version)).size).toBe(1);
  });

  test.each([
    ['?end=2024-01-31', 86_400],
    ['', 3_600],
    ['?end=2999-12-31', 3_600],
    ['?start=2010-01-01&end=2010-12-31', 30],
  ])('counts the answer to %j as fresh for about %i s, and keeps it a day longer', async (query, seconds) => {
    await get(query);
    // An answer does not wait until its copy is kept.
    let key: string | undefined;
    while (key === undefined) [key] = await redis.keys('answer:daily:*');
    const kept = (await redis.ttl(key)) - 86_400;
    expect(kept).toBeGreaterThan(seconds * 0.9 - 5);
    expect(kept).toBeLessThanOrEqual(Math.ceil(seconds * 1.1));
  });

  test('does without Redis when it is away', async () => {
    const away = new AnswerCache({ url: 'redis://127.0.0.1:1/0', password: undefined }, silent);
    const withoutRedis = await createTestApi({ cache: away });
    const request = { symbols: ['604981.SH'], start: '2024-01-02', end: '2024-01-02' };
    await loadSample(withoutRedis.database.pool, request, { cache: away });
    const response = await withoutRedis.server.inject({
      url: '/api/v1/stocks/604981.SH/daily',
      headers: { 'x-api-key': withoutRedis.keys.read },
    });
    expect(response.statusCode).toBe(200);
    expect(response.json().data).toHaveLength(1);
    expect(await withoutRedis.registry.metrics()).toContain('cache_requests_total{kind="daily",result="error"} 1');
    away.close();
    await withoutRedis.close();
  });
});
