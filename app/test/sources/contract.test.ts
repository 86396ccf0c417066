import { type Dataset, datasets } from '../../src/market/dataset';
import { createAkshareSource } from '../../src/sources/akshare';
import { sourceDescriptors } from '../../src/sources/configured-sources';
import { createSampleSource } from '../../src/sources/sample';
import type { MarketDataSource, SourceName } from '../../src/sources/source';
import type { SourceAccess } from '../../src/sources/source-access';
import { createTushareSource } from '../../src/sources/tushare';
import { createWindSource } from '../../src/sources/wind';
import { createTestDatabase, type TestDatabase } from '../support/database';
import { openSourceAccess } from '../support/source-access';
import { startFakeAktools } from '../support/upstreams/akshare';
import { type FakeUpstream, quoteMoment, sampleRows } from '../support/upstreams/fake-upstream';
import { startFakeTushare } from '../support/upstreams/tushare';
import { startFakeWind } from '../support/upstreams/wind';

const now = () => quoteMoment;
const callsPerMinute = 10_000;

const adapters: Record<SourceName, () => Promise<{ source: MarketDataSource; upstream?: FakeUpstream<never> }>> = {
  tushare: async () => {
    const upstream = await startFakeTushare({ largestPage: 15 });
    return { upstream, source: createTushareSource({ url: upstream.url, token: 'right-token', callsPerMinute }) };
  },
  akshare: async () => {
    const upstream = await startFakeAktools();
    return { upstream, source: createAkshareSource({ url: upstream.url, token: undefined, now }) };
  },
  wind: async () => {
    const upstream = await startFakeWind();
    return { upstream, source: createWindSource({ url: upstream.url, token: undefined }) };
  },
  sample: async () => ({ source: createSampleSource(now) }),
};

// The second is suspended from 2024-03-11 to 03-13.
const symbols = ['604981.SH', '003982.SZ', '003985.SZ'];
const [start, end] = ['2024-03-07', '2024-03-18'];

describe.each(Object.keys(adapters) as SourceName[])('the source %s', (name) => {
  let database: TestDatabase;
  let source: MarketDataSource;
  let upstream: FakeUpstream<never> | undefined;
  let access: SourceAccess;
  beforeAll(async () => {
    database = await createTestDatabase();
    ({ source, upstream } = await adapters[name]());
    access = openSourceAccess({ database: database.pool, sources: [source] });
  });
  beforeEach(() => database.owner.query('TRUNCATE source_api'));
  afterAll(async () => {
    await upstream?.close();
    await database.drop();
  });

  const ask = async <D extends Dataset>(dataset: D, asked: string[] | null, from = start, to = end) => {
    const part = { symbols: asked, start: from, end: to };
    return access.fetch(source, dataset, part, new AbortController().signal);
  };
  const has = (dataset: Dataset) => (sourceDescriptors[name].datasets as readonly Dataset[]).includes(dataset);

  test('has the datasets that its descriptor names', () => {
    expect(Object.keys(source.fetchers).sort()).toEqual([...sourceDescriptors[name].datasets].sort());
  });

  test('gives bars in yuan and shares, and none for a suspended day', async () => {
    const { rows, refused } = await ask('daily', symbols);
    const expected = await sampleRows('daily', symbols, start, end);
    const inNumbers = (bars: typeof rows) =>
      bars
        .map((bar) => [
          bar.symbol,
          bar.tradeDate,
          ...[bar.open, bar.high, bar.low, bar.close, bar.amountYuan].map(Number),
        ])
        .sort();
    expect(inNumbers(rows)).toEqual(inNumbers(expected));
    expect(rows.filter(({ symbol }) => symbol === '003982.SZ')).toHaveLength(5);
    expect(refused).toEqual([]);
    for (const bar of rows) {
      const averagePrice = Number(bar.amountYuan) / bar.volumeShares;
      expect(averagePrice).toBeGreaterThanOrEqual(Number(bar.low) - 0.01);
      expect(averagePrice).toBeLessThanOrEqual(Number(bar.high) + 0.01);
      expect(bar.volumeShares % 100).toBe(0);
    }
  });

  test('gives an empty list where there is nothing', async () => {
    const { rows, refused } = await ask('daily', ['604981.SH'], '2024-03-09', '2024-03-10');
    expect(rows).toEqual([]);
    expect(refused).toEqual([]);
  });

  test('gives the factor of every day, which steps where a share loses value', async () => {
    const days = ['2023-05-17', '2023-05-24'] as const;
    const inNumbers = (factors: { tradeDate: string; factor: string }[]) =>
      factors.map(({ tradeDate, factor }) => [tradeDate, Number(factor)]);
    const { rows } = await ask('adj_factor', ['003985.SZ'], ...days);
    expect(inNumbers(rows)).toEqual(inNumbers(await sampleRows('adj_factor', ['003985.SZ'], ...days)));
    expect(new Set(rows.map(({ factor }) => Number(factor))).size).toBe(2);
  });

  test('knows the open and the closed days', async () => {
    const { rows } = await ask('trade_cal', null, '2024-01-02', '2024-01-12');
    const byDay = (days: typeof rows) => days.toSorted((a, b) => a.day.localeCompare(b.day));
    expect(byDay(rows)).toEqual(await sampleRows('trade_cal', null, '2024-01-02', '2024-01-12'));
  });

  test('lists the stocks by their canonical symbols', async () => {
    const { rows, refused } = await ask('stock_basic', null);
    const expected = await sampleRows('stock_basic');
    const named = (stocks: typeof rows) =>
      stocks.map(({ symbol, name, status }) => [symbol, name.replaceAll(' ', ''), status]).sort();
    expect(named(rows)).toEqual(named(expected));
    expect(refused).toEqual([]);
  });

  test('lists the stocks that are asked for', async () => {
    const { rows } = await ask('stock_basic', ['604981.SH']);
    expect(rows.map(({ symbol }) => symbol)).toEqual(['604981.SH']);
  });

  test('tells whole days of suspension from parts of days', async () => {
    const suspended = async (day: string) =>
      (await ask('suspend', null, day, day)).rows.filter(({ kind }) => kind === 'suspended');
    expect(await suspended('2024-03-12')).toEqual([
      { symbol: '003982.SZ', day: '2024-03-12', kind: 'suspended', timing: null },
    ]);
    expect(await suspended('2024-06-05')).toEqual([
      { symbol: '604985.SH', day: '2024-06-05', kind: 'suspended', timing: expect.any(String) },
    ]);
    expect(await suspended('2024-06-06')).toEqual([]);
  });

  if (has('realtime'))
    test('quotes in yuan and shares', async () => {
      const { rows } = await ask('realtime', null);
      const inNumbers = (quotes: typeof rows) =>
        quotes.map((quote) => [quote.symbol, Number(quote.price), Number(quote.preClose), quote.volumeShares]).sort();
      expect(inNumbers(rows)).toEqual(inNumbers(await sampleRows('realtime')));
      for (const quote of rows) {
        expect([null, '10:30:00', '2024-03-19T10:30:00+08:00']).toContain(quote.quotedAt);
        const averagePrice = Number(quote.amountYuan) / quote.volumeShares;
        expect(averagePrice).toBeGreaterThanOrEqual(Number(quote.low) - 0.01);
        expect(averagePrice).toBeLessThanOrEqual(Number(quote.high) + 0.01);
      }
      expect((await ask('realtime', ['604981.SH'])).rows.map(({ symbol }) => symbol)).toEqual(['604981.SH']);
    });

  if (has('symbol_alias'))
    test('tells the old numbers of renumbered stocks', async () => {
      expect((await ask('symbol_alias', null)).rows).toEqual(await sampleRows('symbol_alias'));
    });
});

test('every dataset has a source that is not the sample', () => {
  for (const dataset of datasets) expect(sourceDescriptors.tushare.datasets).toContain(dataset);
});
