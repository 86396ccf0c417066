import { Registry } from 'prom-client';
import { createIngestMetrics } from '../../src/ingest/ingest-metrics';
import type { MarketDataSource } from '../../src/sources/source';
import { createSourceMetrics } from '../../src/sources/source-metrics';
import { createTestDatabase, type TestDatabase } from '../support/database';

const fetcher = (api: string) => ({
  ...({ api, partBy: 'day', callsPerMinute: 1000 } as const),
  fetch: async () => ({ rows: [], refused: [] }),
});
const sources: MarketDataSource[] = [
  { name: 'tushare', fetchers: { daily: fetcher('bars'), realtime: fetcher('bars'), suspend: fetcher('suspend_d') } },
];

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterEach(() => database.owner.query('TRUNCATE source_api'));
afterAll(() => database.drop());

/** The value of each series of a metric, by its labels. */
async function valuesOf(name: string, known: unknown = database.pool): Promise<Record<string, number>> {
  const registry = new Registry();
  createSourceMetrics(registry, known as never, sources);
  createIngestMetrics(registry, sources);
  const { values = [] } = (await registry.getSingleMetric(name)?.get()) ?? {};
  return Object.fromEntries(values.map(({ labels, value }) => [Object.values(labels).join(' '), value]));
}

test('each interface has every outcome of a call at 0 before its first one, so that the first is an increase', async () => {
  const values = await valuesOf('source_requests_total');
  expect(values).toMatchObject({ 'tushare bars ok': 0, 'tushare suspend_d network': 0, 'tushare bars rate_limit': 0 });
  expect(Object.keys(values)).toHaveLength(2 * 9);
  expect(await valuesOf('source_rate_limited_total')).toEqual({ 'tushare bars': 0, 'tushare suspend_d': 0 });
});

test('each dataset has every fate of a row at 0 before its first one', async () => {
  const values = await valuesOf('ingest_rows_total');
  expect(values).toMatchObject({ 'realtime tushare inserted': 0, 'suspend tushare quarantined': 0 });
  expect(Object.keys(values)).toHaveLength(3 * 4);
});

test('the breaker of an interface that was never called is closed, that of another is what all processes know', async () => {
  await database.pool.query(
    `INSERT INTO source_api (source, api, tokens, open_until) VALUES ('tushare', 'bars', 0, now() + interval '1 hour')`,
  );
  expect(await valuesOf('source_breaker_open')).toEqual({ 'tushare bars': 1, 'tushare suspend_d': 0 });
});

test('a breaker is not called closed while nobody can tell', async () => {
  const away = { query: () => Promise.reject(new Error('away')) };
  expect(await valuesOf('source_breaker_open', away)).toEqual({});
});
