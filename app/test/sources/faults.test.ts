import { createAkshareSource } from '../../src/sources/akshare';
import type { MarketDataSource } from '../../src/sources/source';
import type { SourceErrorKind } from '../../src/sources/source-error';
import { createTushareSource } from '../../src/sources/tushare';
import { createWindSource } from '../../src/sources/wind';
import { createTestDatabase, type TestDatabase } from '../support/database';
import { openSourceAccess } from '../support/source-access';
import { startFakeAktools } from '../support/upstreams/akshare';
import { type CommonFault, type FakeUpstream, quoteMoment } from '../support/upstreams/fake-upstream';
import { startFakeTushare } from '../support/upstreams/tushare';
import { startFakeWind } from '../support/upstreams/wind';

const now = () => quoteMoment;
const token = 'secret-token-of-the-test';
const minute = 60;
const hour = 3600;
const untilMidnight = expect.any(Number);

const upstreams = {
  tushare: async () => {
    const upstream = await startFakeTushare({ token });
    return { upstream, source: createTushareSource({ url: upstream.url, token, callsPerMinute: 10_000 }) };
  },
  akshare: async () => {
    const upstream = await startFakeAktools({ token });
    return { upstream, source: createAkshareSource({ url: upstream.url, token, now }) };
  },
  wind: async () => {
    const upstream = await startFakeWind({ token });
    return { upstream, source: createWindSource({ url: upstream.url, token }) };
  },
};
type Upstream = keyof typeof upstreams;

/** What comes of a fault: the kind of the error, the pause it asks for, and how many requests were made. */
type Case = [fault: string, kind: SourceErrorKind, pauseSeconds: unknown, requests: number, message: string];

const everywhere: [CommonFault, SourceErrorKind, unknown, number, string][] = [
  ['too many requests', 'rate_limit', 7, 1, 'HTTP 429: slow down'],
  ['server error', 'network', undefined, 3, 'HTTP 500: Internal Server Error'],
  ['unauthorized', 'auth', hour, 1, 'correct'],
  ['forbidden', 'permission', hour, 1, 'correct'],
  ['redirect', 'request', undefined, 1, 'a redirect to https://elsewhere.example'],
  ['truncated', 'data', undefined, 1, 'the answer is not JSON'],
  ['html', 'data', undefined, 1, 'the answer is not JSON: <!DOCTYPE html>'],
  ['no content', 'data', undefined, 1, 'the answer is not JSON: it is empty'],
  ['reset', 'network', undefined, 3, 'no answer from http://127.0.0.1'],
  ['cut off', 'network', undefined, 3, 'no answer from http://127.0.0.1'],
  ['slow drip', 'network', undefined, 3, 'no answer within 0.4 s'],
];

const ofOne: Record<Upstream, Case[]> = {
  tushare: [
    ['minute limit', 'rate_limit', minute, 1, '抱歉，您每分钟最多访问该接口2次'],
    ['new minute limit', 'rate_limit', minute, 1, '频率超限(300次/分钟)'],
    ['hour limit', 'rate_limit', hour, 1, '每小时最多访问该接口1次'],
    ['day limit', 'quota', untilMidnight, 1, '每天最多访问该接口2次'],
    ['no permission', 'permission', hour, 1, 'SOURCE_PRIORITY'],
    ['old no permission', 'permission', hour, 1, '没有权限访问该接口'],
    ['wrong token', 'auth', hour, 1, 'correct TUSHARE_API_KEY'],
    ['bad parameter', 'request', undefined, 1, '参数校验失败'],
    ['unknown error', 'data', undefined, 1, '未知 (code -1)'],
    ['no data', 'data', undefined, 1, 'no data.fields'],
    ['no code', 'data', undefined, 1, 'has no code'],
    ['wrong columns', 'data', undefined, 1, 'lacks the columns vol; it has'],
    ['endless pages', 'data', undefined, 1, 'says that there is more'],
  ],
  akshare: [
    ['unknown function', 'request', undefined, 1, '未找到该接口'],
    ['key error', 'data', undefined, 1, 'does AKTools run a recent AKShare?'],
    ['wrong columns', 'data', undefined, 1, 'lacks the columns 成交量; it has'],
    ['no list', 'data', undefined, 1, 'the answer is no list'],
  ],
  wind: [
    ['quota used up', 'quota', untilMidnight, 1, '数据提取量超限 (code -40522017)'],
    ['not logged in', 'auth', hour, 1, 'log in to the Wind terminal'],
    ['network timeout', 'network', undefined, 3, '网络超时'],
    ['bad indicator', 'request', undefined, 1, '指标语法错误'],
    ['unknown code', 'data', undefined, 1, 'code -1'],
    ['wrong columns', 'data', undefined, 1, 'lacks the columns VOLUME; it has'],
    ['no table', 'data', undefined, 1, 'the answer is no table'],
  ],
};

const emptyAnswers: Record<Upstream, string[]> = {
  tushare: ['empty'],
  akshare: ['empty', 'no result'],
  wind: ['empty', 'no data'],
};

describe.each(Object.keys(upstreams) as Upstream[])('when %s goes wrong', (name) => {
  let database: TestDatabase;
  let source: MarketDataSource;
  let upstream: FakeUpstream<string>;
  beforeAll(async () => {
    database = await createTestDatabase();
    ({ source, upstream } = (await upstreams[name]()) as { source: MarketDataSource; upstream: FakeUpstream<string> });
  });
  beforeEach(async () => {
    upstream.recover();
    upstream.requests.length = 0;
    await database.owner.query('TRUNCATE source_api');
  });
  afterAll(async () => {
    await upstream.close();
    await database.drop();
  });

  const fetchBars = (requestTimeoutSeconds = 10) =>
    openSourceAccess({ database: database.pool, sources: [source], requestTimeoutSeconds }).fetch(
      source,
      'daily',
      { symbols: ['604981.SH'], start: '2024-01-02', end: '2024-01-05' },
      new AbortController().signal,
    );
  const findState = async () =>
    (
      await database.pool.query(
        `SELECT *, extract(epoch FROM open_until - failed_at)::int AS pause_seconds FROM source_api`,
      )
    ).rows[0];

  test.each<Case>([...everywhere, ...ofOne[name]])('%s is %s', async (fault, kind, pauseSeconds, requests, message) => {
    upstream.fail(fault);
    const error = await fetchBars(fault === 'slow drip' ? 0.4 : 10).catch((thrown) => thrown);
    expect(error).toMatchObject({ name: 'SourceError', kind, message: expect.stringContaining(message) });
    expect(error.retryAfterSeconds).toEqual(pauseSeconds);
    expect(error.message).toMatch(new RegExp(`^${name} ${source.fetchers.daily?.api}: `));
    expect(error.message).not.toContain(token);
    expect(upstream.requests).toHaveLength(requests);
    const state = await findState();
    if (kind === 'request') {
      expect(state).toMatchObject({ error_kind: null, consecutive_failures: 0, open_until: null });
    } else {
      const isFault = kind === 'network' || kind === 'data';
      expect(state).toMatchObject({
        error_kind: kind,
        error: error.message,
        consecutive_failures: isFault ? requests : 0,
      });
      expect(state.pause_seconds).toEqual(pauseSeconds ?? null);
    }
  });

  test.each(emptyAnswers[name])('%s is an empty answer and no failure', async (fault) => {
    upstream.fail(fault);
    expect(await fetchBars()).toEqual({ rows: [], refused: [] });
    expect(await findState()).toMatchObject({ error_kind: null, succeeded_at: expect.any(Date) });
  });

  test('a wrong token is named by its variable and never shown', async () => {
    const wrong = 'another-secret';
    const url = upstream.url;
    const mistaken = {
      tushare: createTushareSource({ url, token: wrong, callsPerMinute: 100 }),
      akshare: createAkshareSource({ url, token: wrong, now }),
      wind: createWindSource({ url, token: wrong }),
    }[name];
    const variable = { tushare: 'TUSHARE_API_KEY', akshare: 'AKSHARE_API_KEY', wind: 'WIND_API_KEY' }[name];
    const access = openSourceAccess({ database: database.pool, sources: [mistaken] });
    const part = { symbols: ['604981.SH'], start: '2024-01-02', end: '2024-01-05' };
    const error = await access.fetch(mistaken, 'daily', part, new AbortController().signal).catch((thrown) => thrown);
    expect(error).toMatchObject({ kind: 'auth', message: expect.stringContaining(`correct ${variable}`) });
    expect(error.message).not.toContain(wrong);
  });

  test('nobody listening is a network error', async () => {
    await upstream.close();
    await expect(fetchBars()).rejects.toMatchObject({
      kind: 'network',
      message: expect.stringContaining('ECONNREFUSED'),
    });
    ({ source, upstream } = (await upstreams[name]()) as { source: MarketDataSource; upstream: FakeUpstream<string> });
  });
});
