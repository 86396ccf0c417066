import { Registry } from 'prom-client';
import { sampleSource } from '../../src/sources/sample';
import type { Call, MarketDataSource } from '../../src/sources/source';
import { SourceError } from '../../src/sources/source-error';
import { createTestDatabase, type TestDatabase } from '../support/database';
import { openSourceAccess } from '../support/source-access';

const part = { symbols: ['604981.SH'], start: '2024-01-02', end: '2024-01-03' };
const never = new AbortController().signal;

/** A source whose requests do what they are told. */
function sourceOf(request: (signal: AbortSignal) => Promise<never[]>, callsPerMinute = 1000): MarketDataSource {
  const fetch = async (_part: unknown, call: Call) => ({ rows: await call(request), refused: [] });
  return { name: 'tushare', fetchers: { daily: { api: 'daily', partBy: 'day', callsPerMinute, fetch } } };
}

/** Ends when the signal does, as a request does that hangs. */
const hang = (signal: AbortSignal) =>
  new Promise<never>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));

describe('the way to the sources', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await createTestDatabase();
  });
  afterEach(() => database.owner.query('TRUNCATE source_api'));
  afterAll(() => database.drop());

  const open = (sources: MarketDataSource[], options: { requestTimeoutSeconds?: number; registry?: Registry } = {}) =>
    openSourceAccess({ database: database.pool, sources, ...options });
  const findState = async () => (await database.pool.query('SELECT * FROM source_api')).rows[0];

  test('lists the configured sources of a dataset in order of priority', () => {
    const access = openSourceAccess({
      database: database.pool,
      sources: [sampleSource, sourceOf(async () => [])],
      priority: 'tushare,sample; stock_basic=sample',
    });
    expect(access.candidates('daily', 'auto').map(({ name }) => name)).toEqual(['tushare', 'sample']);
    expect(access.candidates('daily', 'sample').map(({ name }) => name)).toEqual(['sample']);
    expect(access.candidates('stock_basic', 'auto').map(({ name }) => name)).toEqual(['sample']);
  });

  test.each([
    ['daily', 'auto', 'set TUSHARE_API_KEY to use tushare; set AKTOOLS_URL to use akshare; set WIND_URL to use wind'],
    ['symbol_alias', 'wind', 'wind does not have it; sources that have it: tushare, sample'],
  ] as const)('says for %s from %s what to do when no source has it', (dataset, wanted, reason) => {
    const access = openSourceAccess({ database: database.pool, sources: [], priority: 'tushare,akshare,wind' });
    expect(() => access.candidates(dataset, wanted)).toThrow(
      expect.objectContaining({ kind: 'unavailable', message: expect.stringContaining(reason) }),
    );
  });

  test('gives what the source has, and records that it answered', async () => {
    const { rows } = await open([sampleSource]).fetch(sampleSource, 'daily', part, never);
    expect(rows.map(({ tradeDate }) => tradeDate)).toEqual(['2024-01-02', '2024-01-03']);
    expect(await findState()).toMatchObject({ source: 'sample', api: 'daily', succeeded_at: expect.any(Date) });
  });

  test('tries again when the network fails, and then forgets the failure', async () => {
    let requests = 0;
    const source = sourceOf(async () => {
      requests++;
      if (requests < 3) throw new SourceError('network', 'ECONNRESET');
      return [];
    });
    await open([source]).fetch(source, 'daily', part, never);
    expect(requests).toBe(3);
    expect(await findState()).toMatchObject({ consecutive_failures: 0, open_until: null, error_kind: 'network' });
  });

  test('bounds each request in time and names the limit', async () => {
    const source = sourceOf(hang);
    const access = open([source], { requestTimeoutSeconds: 0.05 });
    await expect(access.fetch(source, 'daily', part, never)).rejects.toMatchObject({
      kind: 'network',
      message: 'tushare daily: no answer within 0.05 s',
    });
    expect(await findState()).toMatchObject({ consecutive_failures: 3, error_kind: 'network' });
  });

  test('stops when the caller does, and blames nobody', async () => {
    const stop = new AbortController();
    const reason = new Error('the job is over');
    const source = sourceOf((signal) => {
      const request = hang(signal);
      stop.abort(reason);
      return request;
    });
    const registry = new Registry();
    await expect(open([source], { registry }).fetch(source, 'daily', part, stop.signal)).rejects.toBe(reason);
    expect(await findState()).toMatchObject({ consecutive_failures: 0, error: null });
    expect(await registry.metrics()).toContain(
      'source_requests_total{source="tushare",api="daily",outcome="aborted"} 1',
    );
  });

  test('does not wait long for the budget, but says when to come again', async () => {
    const source = sourceOf(async () => [], 1);
    const registry = new Registry();
    const access = open([source], { registry });
    await access.fetch(source, 'daily', part, never);
    await expect(access.fetch(source, 'daily', part, never)).rejects.toMatchObject({
      kind: 'rate_limit',
      message: 'tushare daily: our budget of calls a minute is used up',
      retryAfterSeconds: 60,
    });
    expect(await registry.metrics()).toContain('source_rate_limited_total{source="tushare",api="daily"} 1');
    expect(await findState()).toMatchObject({ open_until: null, error: null });
  });

  test('waits for the budget when the next call is near', async () => {
    const source = sourceOf(async () => [], 600);
    const access = open([source]);
    await database.pool.query("INSERT INTO source_api (source, api, tokens) VALUES ('tushare', 'daily', 0.5)");
    await expect(access.fetch(source, 'daily', part, never)).resolves.toEqual({ rows: [], refused: [] });
  });

  test('stops waiting for the budget when the caller does', async () => {
    const source = sourceOf(async () => [], 12);
    await database.pool.query("INSERT INTO source_api (source, api, tokens) VALUES ('tushare', 'daily', 0)");
    const stop = new AbortController();
    const reason = new Error('the job is over');
    const fetching = open([source]).fetch(source, 'daily', part, stop.signal);
    stop.abort(reason);
    await expect(fetching).rejects.toBe(reason);
  });

  test('shows in the metrics which breaker is open, and asks nothing there', async () => {
    let requests = 0;
    const source = sourceOf(async () => {
      requests++;
      throw new SourceError('permission', 'not for you');
    });
    const registry = new Registry();
    const access = open([source], { registry });
    await expect(access.fetch(source, 'daily', part, never)).rejects.toMatchObject({ kind: 'permission' });
    await expect(access.fetch(source, 'daily', part, never)).rejects.toMatchObject({ kind: 'breaker_open' });
    expect(requests).toBe(1);
    const metrics = await registry.metrics();
    expect(metrics).toContain('source_breaker_open{source="tushare",api="daily"} 1');
    expect(metrics).toContain('source_requests_total{source="tushare",api="daily",outcome="permission"} 1');
    expect(metrics).toContain('source_request_duration_seconds_count{source="tushare",api="daily"} 1');
  });

  test('does not hide a mistake of ours behind an error of the source', async () => {
    const mistake = new RangeError('out of bounds');
    const source = sourceOf(() => Promise.reject(mistake));
    await expect(open([source]).fetch(source, 'daily', part, never)).rejects.toBe(mistake);
  });
});
