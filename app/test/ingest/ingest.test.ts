import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { ingest } from '../../src/ingest/ingest';
import type { IngestRequest } from '../../src/ingest/ingest-request';
import type { Dataset, DatasetRow } from '../../src/market/dataset';
import { daysBetween } from '../../src/market/trading-day';
import { parseSourcePriority, type SourcePriority } from '../../src/sources/priority';
import type { Part } from '../../src/sources/source';
import { SourceError } from '../../src/sources/source-error';
import { bar } from '../support/bars';
import { createTestDatabase, type TestDatabase } from '../support/database';
import { accessTo, type FakeSource, fakeSource } from '../support/fake-source';
import { ingestContext } from '../support/ingest';
import { typescript } from '../support/typescript';

const slowIngest = path.join(__dirname, '../support/slow-ingest.ts');
const priority = parseSourcePriority('tushare,akshare') as SourcePriority;
const january: IngestRequest = {
  dataset: 'daily',
  source: 'auto',
  symbols: null,
  start: '2024-01-02',
  end: '2024-01-05',
};

/** One bar for each symbol and day asked for, of the given symbols where all are. */
const barsOf =
  (symbols: string[], close = '10.20') =>
  async (part: Part) =>
    [...daysBetween(part.start, part.end)].flatMap((tradeDate) =>
      (part.symbols ?? symbols).map((symbol) => bar({ symbol, tradeDate, close })),
    );

describe('an ingest', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await createTestDatabase();
  });
  afterEach(() =>
    database.owner.query(
      `TRUNCATE stock, stock_data, trading_calendar, symbol_alias, suspension, adjustment_factor, quote, quarantine,
         ingest_run, job CASCADE`,
    ),
  );
  afterAll(() => database.drop());

  const run = (sources: FakeSource[], request: Partial<IngestRequest> = {}, jobId?: string, signal?: AbortSignal) =>
    ingest(
      ingestContext(database.pool, { access: accessTo(...sources), priority }),
      { ...january, ...request },
      { jobId, signal: signal ?? new AbortController().signal },
    );
  const select = async (statement: string) => (await database.pool.query(statement)).rows;
  const days = (asked: Part[]) => asked.map(({ start, end }) => (start === end ? start : `${start}..${end}`));
  async function newJob(): Promise<string> {
    const rows = await select(`INSERT INTO job (type, request) VALUES ('ingest', '{}') RETURNING id`);
    return rows[0].id;
  }

  test('asks for each day that may be a trading day, and for no other', async () => {
    await database.pool.query(
      `INSERT INTO trading_calendar (day, is_open, source) VALUES ('2024-01-03', false, 'tushare'), ('2024-01-06', true, 'tushare')`,
    );
    const source = fakeSource('tushare', 'daily', 'day', barsOf(['600000.SH']));
    await run([source], { start: '2024-01-01', end: '2024-01-07' });
    expect(days(source.asked)).toEqual(['2024-01-01', '2024-01-02', '2024-01-04', '2024-01-05', '2024-01-06']);
  });

  test('asks for each listed stock where a source gives one at a time', async () => {
    await database.pool.query(
      `INSERT INTO stock (symbol, list_date, delist_date, source) VALUES
         ('600000.SH', NULL, NULL, 'tushare'), ('600001.SH', '2024-01-05', NULL, 'tushare'),
         ('600002.SH', '2024-01-08', NULL, 'tushare'), ('600003.SH', NULL, '2024-01-01', 'tushare'),
         ('604981.SH', NULL, NULL, 'sample')`,
    );
    const source = fakeSource('akshare', 'daily', 'symbol', barsOf([]));
    await run([source]);
    expect(source.asked.map(({ symbols }) => symbols)).toEqual([['600000.SH'], ['600001.SH']]);
  });

  test.each<[Dataset, DatasetRow[Dataset], string, object]>([
    [
      'trade_cal',
      { exchange: 'SH', day: '2024-01-02', isOpen: true },
      'SELECT day, is_open, source FROM trading_calendar',
      { day: '2024-01-02', is_open: true },
    ],
    [
      'stock_basic',
      {
        symbol: '600000.SH',
        name: 'a\tb\\c\nd',
        area: null,
        industry: '银行',
        status: 'listed',
        listDate: '1999-11-10',
        delistDate: null,
      },
      'SELECT symbol, name, area, industry, list_status, list_date, delist_date, source FROM stock',
      {
        symbol: '600000.SH',
        name: 'a\tb\\c\nd',
        area: null,
        industry: '银行',
        list_status: 'listed',
        list_date: '1999-11-10',
        delist_date: null,
      },
    ],
    [
      'symbol_alias',
      { oldSymbol: '430047.BJ', symbol: '920047.BJ', effectiveDate: '2025-10-09' },
      'SELECT * FROM symbol_alias',
      { old_symbol: '430047.BJ', symbol: '920047.BJ', effective_date: '2025-10-09' },
    ],
    [
      'suspend',
      { symbol: '600000.SH', day: '2024-01-02', kind: 'suspended', timing: null },
      'SELECT symbol, day, kind, timing, source FROM suspension',
      { symbol: '600000.SH', day: '2024-01-02', kind: 'suspended', timing: null },
    ],
    [
      'adj_factor',
      { symbol: '600000.SH', tradeDate: '2024-01-02', factor: '12.345678' },
      'SELECT * FROM adjustment_factor',
      { symbol: '600000.SH', trade_date: '2024-01-02', factor: '12.345678' },
    ],
    [
      'daily',
      bar(),
      'SELECT symbol, trade_date, close, volume, amount, source FROM stock_data',
      { symbol: '600000.SH', trade_date: '2024-01-02', close: '10.2000', volume: '1000000', amount: '10150000.00' },
    ],
    [
      'realtime',
      {
        symbol: '600000.SH',
        price: '10.20',
        open: null,
        high: '10.50',
        low: '9.80',
        preClose: '10.00',
        volumeShares: 100,
        amountYuan: '1020.00',
        quotedAt: '2024-01-02T10:00:00+08:00',
      },
      'SELECT symbol, price, open, volume, amount, quoted_at, source FROM quote',
      {
        symbol: '600000.SH',
        price: '10.2000',
        open: null,
        volume: '100',
        amount: '1020.00',
        quoted_at: new Date('2024-01-02T02:00:00Z'),
      },
    ],
  ])('stores %s, and the second time writes nothing', async (dataset, row, statement, stored) => {
    const source = fakeSource('tushare', dataset, 'whole', async () => [row] as never);
    const request = { dataset, start: '2024-01-02', end: '2024-01-02' };
    expect(await run([source], request)).toMatchObject({ source: 'tushare', read: 1, inserted: 1 });
    expect(await select(statement)).toEqual([{ ...stored, source: 'tushare' }]);
    expect(await run([source], request)).toMatchObject({ read: 1, inserted: 0, updated: 0, unchanged: 1 });
    expect(await select(statement)).toEqual([{ ...stored, source: 'tushare' }]);
  });

  test('goes on with the next source for what is missing when one fails, and says so', async () => {
    const first = fakeSource('tushare', 'daily', 'day', async (part) => {
      if (part.start > '2024-01-03') throw new SourceError('rate_limit', 'too many calls', 60);
      return barsOf(['600000.SH', '600001.SH'])(part);
    });
    const second = fakeSource('akshare', 'daily', 'symbol', barsOf([], '10.30'));
    const failure = { source: 'tushare', kind: 'rate_limit', reason: 'too many calls' };
    expect(await run([first, second])).toEqual({
      source: 'mixed',
      fallback_from: [failure],
      failed_parts: [],
      read: 8,
      inserted: 8,
      updated: 0,
      unchanged: 0,
      quarantined: 0,
    });
    expect(days(second.asked)).toEqual(['2024-01-04..2024-01-05', '2024-01-04..2024-01-05']);
    expect(
      await select(
        'SELECT source, min(trade_date), max(trade_date), count(*)::int FROM stock_data GROUP BY 1 ORDER BY 1',
      ),
    ).toEqual([
      { source: 'akshare', min: '2024-01-04', max: '2024-01-05', count: 4 },
      { source: 'tushare', min: '2024-01-02', max: '2024-01-03', count: 4 },
    ]);
    expect(await select('SELECT state, source, fallback_from, inserted, error FROM ingest_run')).toEqual([
      {
        state: 'completed',
        source: 'mixed',
        fallback_from: ['tushare: rate_limit: too many calls'],
        inserted: 8,
        error: null,
      },
    ]);
  });

  test('throws when no source answers, and keeps what was stored before', async () => {
    const first = fakeSource('tushare', 'daily', 'day', async () => {
      throw new SourceError('auth', 'wrong token');
    });
    const second = fakeSource('akshare', 'daily', 'day', async (part) => {
      if (part.start > '2024-01-02') throw new SourceError('network', 'connection refused');
      return barsOf(['600000.SH'])(part);
    });
    await expect(run([first, second])).rejects.toMatchObject({
      kind: 'network',
      message: 'wrong token; connection refused',
    });
    expect(await select('SELECT trade_date FROM stock_data')).toEqual([{ trade_date: '2024-01-02' }]);
    expect(await select('SELECT state, error, inserted FROM ingest_run')).toEqual([
      { state: 'failed', error: 'wrong token; connection refused', inserted: 1 },
    ]);
  });

  test('never makes a series of adjustment factors of two sources', async () => {
    const factors = (factor: string) => async (part: Part) => [{ symbol: '600000.SH', tradeDate: part.start, factor }];
    const first = fakeSource('tushare', 'adj_factor', 'day', async (part) => {
      if (part.start > '2024-01-03') throw new SourceError('network', 'connection refused');
      return factors('1.5')(part);
    });
    const second = fakeSource('akshare', 'adj_factor', 'day', factors('7'));
    await run([first, second], { dataset: 'adj_factor' });
    expect(days(second.asked)).toEqual(['2024-01-02', '2024-01-03', '2024-01-04', '2024-01-05']);
    expect(await select('SELECT source, count(*)::int FROM adjustment_factor GROUP BY source ORDER BY source')).toEqual(
      [
        { source: 'akshare', count: 4 },
        { source: 'tushare', count: 2 },
      ],
    );
  });

  test('goes on where an earlier attempt at the job stopped, and counts the rows of both', async () => {
    const jobId = await newJob();
    const failing = fakeSource('tushare', 'daily', 'day', async (part) => {
      if (part.start > '2024-01-03') throw new SourceError('network', 'connection refused');
      return barsOf(['600000.SH'])(part);
    });
    await expect(run([failing], {}, jobId)).rejects.toThrow('connection refused');
    const working = fakeSource('tushare', 'daily', 'day', barsOf(['600000.SH']));
    expect(await run([working], {}, jobId)).toMatchObject({ read: 4, inserted: 4, unchanged: 0 });
    expect(days(working.asked)).toEqual(['2024-01-04', '2024-01-05']);
    expect(await select('SELECT state, inserted FROM ingest_run ORDER BY id')).toEqual([
      { state: 'failed', inserted: 2 },
      { state: 'completed', inserted: 2 },
    ]);
  });

  test('keeps rows that break a rule apart, with the reason, and stores the rest', async () => {
    const rows = [
      bar(),
      bar(),
      bar({ symbol: '600001.SH', high: '1.00' }),
      bar({ symbol: '600002.SH', volumeShares: 10_000 }),
      bar({ symbol: '600003.SH', tradeDate: '2024-01-03' }),
    ];
    const refused = {
      symbol: null,
      day: null,
      rule: 'unknown_symbol',
      reason: "'T00018.SH' is no stock",
      row: { ts_code: 'T00018.SH' },
    };
    const source = fakeSource('tushare', 'daily', 'whole', async () => ({ rows, refused: [refused] }));
    const request = { end: '2024-01-02' };
    expect(await run([source], request)).toMatchObject({ read: 6, inserted: 1, quarantined: 5 });
    await run([source], request);
    const kept = await select(
      `SELECT symbol, rule, times, row->>'symbol' AS of FROM quarantine ORDER BY symbol NULLS FIRST`,
    );
    expect(kept).toEqual([
      { symbol: null, rule: 'unknown_symbol', times: 2, of: null },
      { symbol: '600000.SH', rule: 'duplicate', times: 2, of: '600000.SH' },
      { symbol: '600001.SH', rule: 'price_order', times: 2, of: '600001.SH' },
      { symbol: '600002.SH', rule: 'unit_check', times: 2, of: '600002.SH' },
      { symbol: '600003.SH', rule: 'not_requested', times: 2, of: '600003.SH' },
    ]);
  });

  test('stops in the middle of a statement when it is told to, and stores nothing of that part', async () => {
    const holder = await database.pool.connect();
    try {
      await holder.query('BEGIN');
      await holder.query('LOCK TABLE stock_data IN ACCESS EXCLUSIVE MODE');
      const stopping = new AbortController();
      const source = fakeSource('tushare', 'daily', 'day', barsOf(['600000.SH']));
      const running = run([source], {}, undefined, stopping.signal);
      const outcome = running.catch((error: Error) => error.message);
      while ((await select(`SELECT FROM pg_locks WHERE NOT granted`)).length === 0);
      stopping.abort(new Error('stopped from outside'));
      expect(await outcome).toBe('stopped from outside');
    } finally {
      await holder.query('ROLLBACK');
      holder.release();
    }
    expect(await select('SELECT FROM stock_data')).toEqual([]);
    expect(await select('SELECT state, error FROM ingest_run')).toEqual([
      { state: 'failed', error: 'stopped from outside' },
    ]);
  });

  test('does not take an empty answer about a past trading day for data', async () => {
    await database.pool.query(
      `INSERT INTO trading_calendar (day, is_open, source) VALUES ('2024-01-02', true, 'tushare')`,
    );
    const empty = fakeSource('tushare', 'daily', 'day', async () => []);
    const next = fakeSource('akshare', 'daily', 'day', barsOf(['600000.SH']));
    expect(await run([empty, next], { end: '2024-01-02' })).toMatchObject({
      source: 'akshare',
      inserted: 1,
      fallback_from: [
        { source: 'tushare', kind: 'data', reason: 'tushare has no bars of 2024-01-02, on which the exchanges traded' },
      ],
    });
    // A day the calendar does not know may have been a holiday.
    expect(await run([empty, next], { start: '2024-01-03', end: '2024-01-03' })).toMatchObject({
      read: 0,
      fallback_from: [],
    });
  });

  test('stores a renumbered stock under its new symbol', async () => {
    await database.pool.query(`INSERT INTO symbol_alias VALUES ('430047.BJ', '920047.BJ', '2025-10-09', 'tushare')`);
    const source = fakeSource('tushare', 'daily', 'day', barsOf(['430047.BJ']));
    await run([source], { end: '2024-01-02' });
    expect(await select('SELECT symbol FROM stock_data')).toEqual([{ symbol: '920047.BJ' }]);
  });

  test('stores and counts rows that are unusual', async () => {
    const jump = bar({ preClose: '4.00', change: '6.20' });
    const access = accessTo(fakeSource('tushare', 'daily', 'day', async () => [jump]));
    const context = ingestContext(database.pool, { access, priority });
    const load = () =>
      ingest(context, { ...january, end: '2024-01-02' }, { jobId: undefined, signal: new AbortController().signal });
    await load();
    const { values } = await context.metrics.violations.get();
    expect(values.map(({ labels, value }) => [labels.rule, value])).toEqual([
      ['price_limit', 1],
      ['step_change', 1],
    ]);
    expect(await select('SELECT pre_close FROM stock_data')).toEqual([{ pre_close: '4.0000' }]);
    await database.pool.query(`UPDATE stock SET list_date = '2024-01-02'; DELETE FROM stock_data`);
    await load();
    expect((await context.metrics.violations.get()).values.map(({ value }) => value)).toEqual([1, 1]);
  });

  test('of two at once on the same rows ends as one after the other would', async () => {
    const wide = { end: '2024-01-31' };
    const closes = (close: string) => fakeSource('tushare', 'daily', 'day', barsOf(['600000.SH', '600001.SH'], close));
    const results = await Promise.all([run([closes('10.20')], wide), run([closes('10.20')], wide)]);
    const inserted = results.reduce((sum, result) => sum + result.inserted, 0);
    expect(inserted).toBe(2 * 22);
    expect(results.reduce((sum, result) => sum + result.unchanged, 0)).toBe(2 * 22);
    const [first, second] = await Promise.all([run([closes('10.30')], wide), run([closes('10.40')], wide)]);
    expect(first.inserted + second.inserted).toBe(0);
    expect(
      await select('SELECT count(*)::int, count(DISTINCT (symbol, trade_date))::int AS keys FROM stock_data'),
    ).toEqual([{ count: 44, keys: 44 }]);
    const perDay = await select('SELECT DISTINCT trade_date, close FROM stock_data');
    expect(perDay).toHaveLength(22);
  });

  test('goes on after its process was killed, and ends in the same rows as one that never was', async () => {
    const request = {
      dataset: 'daily',
      source: 'sample',
      symbols: null,
      start: '2024-01-02',
      end: '2024-03-29',
    } as const;
    const finish = (jobId?: string) =>
      ingest(ingestContext(database.pool), request as IngestRequest, { jobId, signal: new AbortController().signal });
    const checksum = async () =>
      select(`SELECT count(*)::int, md5(string_agg(to_jsonb(bar)::text, '' ORDER BY symbol, trade_date)) AS bars
              FROM (SELECT symbol, trade_date, open, high, low, close, pre_close, volume, amount, source, corrected_at FROM stock_data) AS bar`);
    const jobId = await newJob();
    const child = spawn(process.execPath, [...typescript, slowIngest, jobId, JSON.stringify(request)], {
      env: { PATH: process.env.PATH, ...database.environment },
      stdio: 'inherit',
    });
    const ended = once(child, 'exit');
    const stored = async () => (await select(`SELECT part FROM ingest_checkpoint`)).length;
    while ((await stored()) < 3) await new Promise((resolve) => setTimeout(resolve, 10));
    child.kill('SIGKILL');
    expect(await ended).toEqual([null, 'SIGKILL']);
    const done = await stored();
    expect(done).toBeLessThan(20);
    expect(await select('SELECT count(DISTINCT symbol)::int AS symbols FROM stock_data')).toEqual([{ symbols: done }]);

    const resumed = await finish(jobId);
    expect(await select(`SELECT state, error FROM ingest_run WHERE job_id IS NOT NULL ORDER BY id`)).toEqual([
      { state: 'failed', error: 'the process ended before the run did' },
      { state: 'completed', error: null },
    ]);
    const afterKill = await checksum();
    await database.pool.query('DELETE FROM stock_data');
    expect(resumed).toEqual(await finish());
    expect(await checksum()).toEqual(afterKill);
  });
});
