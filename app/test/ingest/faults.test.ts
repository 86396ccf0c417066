import { ingest } from '../../src/ingest/ingest';
import type { IngestRequest } from '../../src/ingest/ingest-request';
import { createAkshareSource } from '../../src/sources/akshare';
import { parseSourcePriority, type SourcePriority } from '../../src/sources/priority';
import { type MarketDataSource, type SourceName, sourceNames } from '../../src/sources/source';
import { SourceError } from '../../src/sources/source-error';
import { createTushareSource } from '../../src/sources/tushare';
import { createWindSource } from '../../src/sources/wind';
import { createTestDatabase, type TestDatabase } from '../support/database';
import { ingestContext } from '../support/ingest';
import { openSourceAccess, withoutBudget } from '../support/source-access';
import { startFakeAktools } from '../support/upstreams/akshare';
import { quoteMoment, sampleRows } from '../support/upstreams/fake-upstream';
import { startFakeTushare } from '../support/upstreams/tushare';
import { startFakeWind } from '../support/upstreams/wind';

const symbols = ['003981.SZ', '604981.SH'];
const request: IngestRequest = { dataset: 'daily', source: 'auto', symbols, start: '2024-01-02', end: '2024-01-04' };
const now = () => quoteMoment;

const commonFaults = [
  ['too many requests', 'rate_limit'],
  ['server error', 'network'],
  ['unauthorized', 'auth'],
  ['forbidden', 'permission'],
  ['redirect', 'request'],
  ['truncated', 'data'],
  ['html', 'data'],
  ['no content', 'data'],
  ['reset', 'network'],
  ['cut off', 'network'],
  ['wrong columns', 'data'],
] as const;

const ownFaults = {
  tushare: [
    ['slow drip', 'network'],
    ['minute limit', 'rate_limit'],
    ['day limit', 'quota'],
    ['no permission', 'permission'],
    ['wrong token', 'auth'],
    ['bad parameter', 'request'],
    ['unknown error', 'data'],
    ['no data', 'data'],
    ['no code', 'data'],
  ],
  akshare: [
    ['unknown function', 'request'],
    ['key error', 'data'],
    ['no list', 'data'],
  ],
  wind: [
    ['quota used up', 'quota'],
    ['not logged in', 'auth'],
    ['network timeout', 'network'],
    ['bad indicator', 'request'],
    ['no table', 'data'],
  ],
} as const;

type Upstream = Awaited<ReturnType<typeof startFakeTushare | typeof startFakeAktools | typeof startFakeWind>>;
type RealSource = Exclude<SourceName, 'sample'>;
const realSources: readonly RealSource[] = ['tushare', 'akshare', 'wind'];
const matrix = realSources.flatMap((name) =>
  [...commonFaults, ...ownFaults[name]].map(([fault, kind]) => [name, fault, kind] as const),
);

describe('an ingest whose first source has a fault', () => {
  let database: TestDatabase;
  let upstreams: Record<RealSource, Upstream>;
  let sources: MarketDataSource[];
  beforeAll(async () => {
    database = await createTestDatabase();
    upstreams = { tushare: await startFakeTushare(), akshare: await startFakeAktools(), wind: await startFakeWind() };
    const { tushare, akshare, wind } = upstreams;
    sources = [
      createTushareSource({ url: tushare.url, token: 'right-token', callsPerMinute: 100_000 }),
      createAkshareSource({ url: akshare.url, token: undefined, now }),
      createWindSource({ url: wind.url, token: undefined }),
    ].map(withoutBudget);
  });
  afterEach(async () => {
    for (const upstream of Object.values(upstreams)) upstream.recover();
    await database.pool.query(
      'DELETE FROM stock_data; DELETE FROM source_api; DELETE FROM quarantine; DELETE FROM ingest_run',
    );
  });
  afterAll(async () => {
    for (const upstream of Object.values(upstreams)) await upstream.close();
    await database.drop();
  });

  function run(source: SourceName | 'auto', order: readonly SourceName[]) {
    const priority = order.join(',');
    const access = openSourceAccess({ database: database.pool, sources, priority, requestTimeoutSeconds: 0.4 });
    const context = ingestContext(database.pool, { access, priority: parseSourcePriority(priority) as SourcePriority });
    return ingest(context, { ...request, source }, { jobId: undefined, signal: new AbortController().signal });
  }
  const stored = async () =>
    (
      await database.pool.query(
        `SELECT symbol, trade_date, trim_scale(close)::text AS close, volume::int, source FROM stock_data ORDER BY 1, 2`,
      )
    ).rows;
  const market = async (source: SourceName) =>
    (await sampleRows('daily', symbols, request.start, request.end))
      .map(({ symbol, tradeDate, close, volumeShares }) => ({
        symbol,
        trade_date: tradeDate,
        close: String(Number(close)),
        volume: volumeShares,
        source,
      }))
      .sort((a, b) => (a.symbol + a.trade_date < b.symbol + b.trade_date ? -1 : 1));

  test.each(matrix)(
    '%s, %s: fails as %s alone and stores nothing; with another source stores what that one says',
    async (name, fault, kind) => {
      upstreams[name].fail(fault as never);
      const error = await run(name, [name]).catch((cause) => cause);
      expect(error).toBeInstanceOf(SourceError);
      expect(error.kind).toBe(kind);
      expect(await stored()).toEqual([]);
      const { rows: runs } = await database.pool.query('SELECT state, read, inserted FROM ingest_run');
      expect(runs).toEqual([{ state: 'failed', read: 0, inserted: 0 }]);

      await database.pool.query('DELETE FROM source_api');
      const next = realSources.find((other) => other !== name) as RealSource;
      expect(await run('auto', [name, next])).toMatchObject({
        source: next,
        fallback_from: [{ source: name, kind }],
        quarantined: 0,
      });
      expect(await stored()).toEqual(await market(next));
    },
  );

  test.each(realSources)('%s, that answers without rows stores nothing and asks no other', async (name) => {
    upstreams[name].fail('empty' as never);
    const next = realSources.find((other) => other !== name) as RealSource;
    expect(await run('auto', [name, next])).toMatchObject({ read: 0, fallback_from: [] });
    expect(await stored()).toEqual([]);
  });

  test('every source stores the same rows when it is well', async () => {
    for (const name of sourceNames.filter((source) => source !== 'sample')) {
      await run(name, [name]);
      expect(await stored()).toEqual(await market(name));
      await database.pool.query('DELETE FROM stock_data');
    }
  });
});
