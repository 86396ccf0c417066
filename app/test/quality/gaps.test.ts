import fc from 'fast-check';
import { daysBetween } from '../../src/market/trading-day';
import { type Completeness, findGaps, recordSearch } from '../../src/quality/gaps';
import { createTestDatabase, type TestDatabase } from '../support/database';

const range = { symbols: null, start: '2024-01-01', end: '2024-01-12' };
const days = [...daysBetween(range.start, range.end)];

describe('gaps in the daily bars', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await createTestDatabase();
  });
  beforeEach(() =>
    database.owner.query(
      'TRUNCATE stock, stock_data, trading_calendar, suspension, adjustment_factor, gap_search, ingest_run',
    ),
  );
  afterAll(() => database.drop());

  const openDays = (open: readonly string[], known: readonly string[] = days) =>
    database.pool.query(
      `INSERT INTO trading_calendar (day, is_open, source)
       SELECT day, day = ANY ($1::date[]), 'tushare' FROM unnest($2::date[]) AS day`,
      [open, known],
    );
  const list = (symbol: string, listDate: string | null, delistDate: string | null = null) =>
    database.pool.query(`INSERT INTO stock (symbol, source, list_date, delist_date) VALUES ($1, 'tushare', $2, $3)`, [
      symbol,
      listDate,
      delistDate,
    ]);
  const store = (symbol: string, present: readonly string[]) =>
    database.pool.query(
      `INSERT INTO stock_data (symbol, trade_date, open, high, low, close, volume, amount, source)
       SELECT $1, day, 1, 1, 1, 1, 0, 0, 'tushare' FROM unnest($2::date[]) AS day`,
      [symbol, present],
    );
  const suspend = (symbol: string, suspended: readonly string[], timing: string | null = null) =>
    database.pool.query(
      `INSERT INTO suspension (symbol, day, kind, timing, source)
       SELECT $1, day, 'suspended', $3, 'tushare' FROM unnest($2::date[]) AS day`,
      [symbol, suspended, timing],
    );

  test('are the trading days on which a listed stock has neither a bar nor a suspension for the whole day', async () => {
    await openDays(['2024-01-02', '2024-01-03', '2024-01-04', '2024-01-05', '2024-01-08']);
    await list('600000.SH', '2024-01-03', '2024-01-08');
    await store('600000.SH', ['2024-01-03']);
    await suspend('600000.SH', ['2024-01-04']);
    expect(await findGaps(database.pool, range)).toEqual({
      stocks: [{ symbol: '600000.SH', expected: 3, present: 1, suspended: 1, given_up: 0, gaps: ['2024-01-05'] }],
      unknownDays: 0,
    });
  });

  test('include days on which a stock was suspended for a part only', async () => {
    await openDays(['2024-01-02']);
    await list('600000.SH', '2000-01-01');
    await suspend('600000.SH', ['2024-01-02'], '09:30-10:00');
    expect(await findGaps(database.pool, range)).toMatchObject({ stocks: [{ suspended: 0, gaps: ['2024-01-02'] }] });
  });

  test('begin with the first bar where nobody says when the stock was listed', async () => {
    await openDays(['2024-01-02', '2024-01-03', '2024-01-04']);
    await list('600000.SH', null);
    await store('600000.SH', ['2024-01-03']);
    expect(await findGaps(database.pool, range)).toMatchObject({ stocks: [{ expected: 2, gaps: ['2024-01-04'] }] });
  });

  test('are unknown where the calendar ends', async () => {
    await openDays(['2024-01-02'], ['2024-01-01', '2024-01-02']);
    await list('600000.SH', '2000-01-01');
    await list('600001.SH', '2000-01-01');
    const report = await findGaps(database.pool, { ...range, symbols: ['600001.SH'] });
    expect(report).toMatchObject({ stocks: [{ symbol: '600001.SH', gaps: ['2024-01-02'] }], unknownDays: 10 });
  });

  const lacks = async (dataset: 'daily' | 'adj_factor' | 'suspend' = 'daily') =>
    (await findGaps(database.pool, range, dataset)).stocks.filter(({ gaps }) => gaps.length > 0);
  const searchInVain = async (dataset: 'daily' | 'adj_factor', times: number) => {
    for (let search = 0; search < times; search++) await recordSearch(database.pool, dataset, await lacks(dataset));
  };

  test.each([
    ['paused', '2024-01-02', ['2024-01-02'], []],
    ['paused', '2024-01-02', ['2024-01-02', '2024-01-04'], ['2024-01-03']],
    ['delisted', '2000-01-01', [], []],
  ])('of a %s stock whose source gives no day end with its last bar', async (status, listed, present, missing) => {
    await openDays(['2024-01-02', '2024-01-03', '2024-01-04', '2024-01-05']);
    await list('600000.SH', listed);
    await database.pool.query('UPDATE stock SET list_status = $1', [status]);
    await store('600000.SH', present);
    expect((await lacks()).flatMap(({ gaps }) => gaps)).toEqual(missing);
  });

  test('are given up after three searches in vain, and so are the days after them', async () => {
    await openDays(['2024-01-02', '2024-01-03', '2024-01-04']);
    await list('600000.SH', '2000-01-01');
    await store('600000.SH', ['2024-01-02']);
    await searchInVain('daily', 2);
    expect(await lacks()).toMatchObject([{ gaps: ['2024-01-03', '2024-01-04'], given_up: 0 }]);
    await searchInVain('daily', 1);
    await openDays(['2024-01-05'], ['2024-01-15']);
    await openDays(['2024-01-16'], ['2024-01-16']);
    const { stocks } = await findGaps(database.pool, { ...range, end: '2024-01-16' });
    expect(stocks).toEqual([
      { symbol: '600000.SH', expected: 4, present: 1, suspended: 0, given_up: 3, gaps: [] } satisfies Completeness,
    ]);
    await store('600000.SH', ['2024-01-16']);
    await openDays(['2024-01-17'], ['2024-01-17']);
    const later = await findGaps(database.pool, { ...range, end: '2024-01-17' });
    expect(later.stocks).toMatchObject([{ present: 2, given_up: 2, gaps: ['2024-01-17'] }]);
  });

  test('of the last month are not given up: what is late may still come', async () => {
    const { rows } = await database.pool.query<{ day: string }>('SELECT current_date - 10 AS day');
    const day = rows[0]?.day as string;
    await openDays([day], [day]);
    await list('600000.SH', '2000-01-01');
    const days = { symbols: null, start: day, end: day };
    for (let search = 0; search < 5; search++) {
      await recordSearch(database.pool, 'daily', (await findGaps(database.pool, days)).stocks);
    }
    expect((await findGaps(database.pool, days)).stocks).toMatchObject([{ given_up: 0, gaps: [day] }]);
  });

  test('are those of the exchange of the stock', async () => {
    await database.pool.query(
      `INSERT INTO trading_calendar (exchange, day, is_open, source)
       VALUES ('SH', '2024-01-07', false, 'tushare'), ('SZ', '2024-01-07', true, 'tushare')`,
    );
    await list('600000.SH', '2000-01-01');
    await list('000002.SZ', '1991-01-29');
    expect(await lacks()).toMatchObject([{ symbol: '000002.SZ', gaps: ['2024-01-07'] }]);
  });

  const storeFactors = (symbol: string, source: string, present: readonly string[]) =>
    database.pool.query(
      'INSERT INTO adjustment_factor (symbol, source, trade_date, factor) SELECT $1, $2, day, 1 FROM unnest($3::date[]) AS day',
      [symbol, source, present],
    );

  test('of factors are the bars without one, of the source that has most', async () => {
    await store('600000.SH', ['2024-01-02', '2024-01-03', '2024-01-04']);
    await storeFactors('600000.SH', 'tushare', ['2024-01-02', '2024-01-04']);
    await storeFactors('600000.SH', 'akshare', ['2024-01-03']);
    await store('600001.SH', ['2024-01-02']);
    expect(await lacks('adj_factor')).toEqual([
      { symbol: '600000.SH', expected: 3, present: 2, suspended: 0, given_up: 0, gaps: ['2024-01-03'] },
      { symbol: '600001.SH', expected: 1, present: 0, suspended: 0, given_up: 0, gaps: ['2024-01-02'] },
    ]);
    await searchInVain('adj_factor', 3);
    expect(await lacks('adj_factor')).toEqual([]);
  });

  test('of suspensions are the days of which all were not asked for after the close', async () => {
    await openDays(['2024-01-02', '2024-01-03', '2024-01-04', '2024-01-05']);
    const load = async (day: string, startedAt: string, changes = "state = 'completed'") => {
      await database.pool.query(
        `INSERT INTO ingest_run (dataset, first_day, last_day, state, started_at) VALUES ('suspend', $1, $1, 'completed', $2)`,
        [day, startedAt],
      );
      await database.pool.query(`UPDATE ingest_run SET ${changes} WHERE first_day = $1`, [day]);
    };
    await load('2024-01-02', '2024-01-03T07:35:00+08:00');
    await load('2024-01-03', '2024-01-03T09:00:00+08:00');
    await load('2024-01-04', '2024-01-04T16:00:00+08:00', "state = 'failed'");
    await load('2024-01-05', '2024-01-05T16:00:00+08:00', 'is_whole_market = false');
    expect(await lacks('suspend')).toMatchObject([
      { symbol: null, expected: 4, present: 1, gaps: ['2024-01-03', '2024-01-04', '2024-01-05'] },
    ]);
  });

  test('and what is present or suspended are what is expected, whatever is stored', async () => {
    const someDays = fc.subarray(days);
    await fc.assert(
      fc.asyncProperty(someDays, someDays, someDays, async (open, present, suspended) => {
        await database.pool.query(
          'DELETE FROM stock; DELETE FROM stock_data; DELETE FROM trading_calendar; DELETE FROM suspension',
        );
        await openDays(open);
        await list('600000.SH', '2024-01-01');
        await store('600000.SH', present);
        await suspend('600000.SH', suspended);
        const { stocks } = await findGaps(database.pool, range);
        const found = stocks[0] ?? { expected: 0, present: 0, suspended: 0, gaps: [] };
        expect(found.present + found.suspended + found.gaps.length).toBe(found.expected);
        expect(found.expected).toBe(open.length);
        expect(found.gaps).toEqual(open.filter((day) => !present.includes(day) && !suspended.includes(day)));
      }),
      { numRuns: 25 },
    );
  });
});
