import { pino } from 'pino';
import { Registry } from 'prom-client';
import { ingest } from '../../src/ingest/ingest';
import type { BackfillRequest } from '../../src/jobs/backfill';
import type { JobContext } from '../../src/jobs/job-context';
import { createJobMetrics } from '../../src/jobs/job-metrics';
import { findJob } from '../../src/jobs/job-store';
import { runSchedule, type ScheduleName } from '../../src/jobs/schedules';
import { createAkshareSource } from '../../src/sources/akshare';
import { parseSourcePriority, type SourcePriority } from '../../src/sources/priority';
import type { MarketDataSource } from '../../src/sources/source';
import { createTestApi, type TestApi } from '../support/api';
import { bar } from '../support/bars';
import { accessTo, type FakeSource, fakeSource } from '../support/fake-source';
import { ingestContext, storeBars } from '../support/ingest';
import { openSourceAccess } from '../support/source-access';
import { startFakeAktools } from '../support/upstreams/akshare';

const day = '2024-03-05';
const symbols = ['000001.SZ', '600000.SH'];
const at = (time: string) => new Date(`${day}T${time}:00+08:00`);

describe('data that comes late', () => {
  let api: TestApi;
  beforeAll(async () => {
    api = await createTestApi();
  });
  afterEach(() =>
    api.database.owner.query(
      'TRUNCATE stock, stock_data, adjustment_factor, trading_calendar, ingest_run, job CASCADE',
    ),
  );
  afterAll(() => api.close());

  const contextOf = (source: FakeSource): JobContext => ({
    ...ingestContext(api.database.pool, {
      access: accessTo(source),
      priority: parseSourcePriority('tushare') as SourcePriority,
    }),
    queue: api.queue,
    logger: pino({ level: 'silent' }),
    metrics: createJobMetrics(new Registry(), []),
  });

  /** Does what a worker does with the job that a schedule submits: its one child. */
  async function runJobOf(name: ScheduleName, now: Date, source: FakeSource): Promise<string> {
    const context = contextOf(source);
    const id = await runSchedule(name, context, now);
    const job = await findJob(api.database.pool, id).catch(() => undefined);
    if (!job) return id;
    const { datasets, ...rest } = job.request as BackfillRequest & { dataset?: 'adj_factor' };
    const request = { dataset: datasets?.[0] ?? 'adj_factor', ...rest };
    await ingest(context, request, { jobId: undefined, signal: new AbortController().signal });
    await api.database.owner.query('TRUNCATE job CASCADE');
    return id;
  }

  const qfq = (symbol: string) => api.get(`/api/v1/stocks/${symbol}/daily?start=${day}&end=${day}&adjust=qfq`);

  test('a factor that its source has after 17:00 is asked for again, and prices can be adjusted', async () => {
    await api.database.pool.query(
      `INSERT INTO trading_calendar (day, is_open, source) VALUES ('${day}', true, 'tushare'), ('2024-03-06', true, 'tushare')`,
    );
    let isPublished = false;
    const source = fakeSource('tushare', 'adj_factor', 'day', async (part) =>
      (part.symbols ?? symbols)
        .filter((symbol) => isPublished || symbol !== '600000.SH')
        .map((symbol) => ({ symbol, tradeDate: part.start, factor: '1.0833333333333333' })),
    );
    await runJobOf('adjustment-factors', at('09:25'), source);
    const bars = symbols.map((symbol) => bar({ symbol, tradeDate: day, close: '1688.88', high: '1688.88' }));
    await storeBars(api.database.pool, 'tushare', bars);
    await runJobOf('late-factors', at('16:40'), source);
    const refused = await qfq('600000.SH');
    expect(refused.status).toBe(422);
    expect(refused.body.detail).toContain(`tushare lacks ${day}`);

    isPublished = true;
    source.asked.length = 0;
    await runJobOf('late-factors', at('17:40'), source);
    expect(source.asked.map((part) => part.symbols)).toEqual([['600000.SH']]);
    expect((await qfq('600000.SH')).body.data).toMatchObject([{ close: 1688.88 }]);
    const hfq = await api.get(
      `/api/v1/stocks/600000.SH/daily?start=${day}&end=${day}&adjust=hfq&format=csv&fields=close`,
    );
    expect(hfq.body).toContain('1829.62');
    expect(await runJobOf('late-factors', at('18:40'), source)).toBe('nothing to load');
  });

  test('a factor that was lost is found by the reconciliation and by the scan of the year', async () => {
    await storeBars(api.database.pool, 'tushare', [bar({ tradeDate: day })]);
    const source = fakeSource('tushare', 'adj_factor', 'day', async () => []);
    for (const [name, now] of [
      ['reconcile-factors', '2024-03-08T07:40:00+08:00'],
      ['gap-scan-factors', '2024-12-07T12:00:00+08:00'],
    ] as const) {
      const id = await runSchedule(name, contextOf(source), new Date(now));
      expect(await findJob(api.database.pool, id)).toMatchObject({
        type: 'backfill',
        request: { datasets: ['adj_factor'], symbols: ['600000.SH'], start: day, end: day },
      });
      await api.database.owner.query('TRUNCATE job CASCADE');
    }
  });

  test('a history with Sundays of Shenzhen is adjusted whole', async () => {
    const days = ['1992-10-02', '1992-10-04', '1992-10-05', '1992-12-31', '1993-01-03', '1993-01-04'];
    const symbol = '000002.SZ';
    await storeBars(
      api.database.pool,
      'akshare',
      days.map((tradeDate) => bar({ symbol, tradeDate })),
    );
    const upstream = await startFakeAktools();
    try {
      const source: MarketDataSource = createAkshareSource({
        url: upstream.url,
        token: undefined,
        now: () => new Date(),
      });
      const access = openSourceAccess({ database: api.database.pool, sources: [source], priority: 'akshare' });
      const priority = parseSourcePriority('akshare') as SourcePriority;
      const range = { start: '1992-10-01', end: '1993-01-31' };
      await ingest(
        ingestContext(api.database.pool, { access, priority }),
        { dataset: 'adj_factor', source: 'akshare', symbols: [symbol], ...range },
        { jobId: undefined, signal: new AbortController().signal },
      );
    } finally {
      await upstream.close();
    }
    const { status, body } = await api.get(`/api/v1/stocks/${symbol}/daily?start=1992-01-01&end=1993-12-31&adjust=qfq`);
    expect(status).toBe(200);
    expect(body.data.map(({ trade_date }: { trade_date: string }) => trade_date)).toEqual(days);
  });
});
