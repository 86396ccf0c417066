import fc from 'fast-check';
import { daysBetween } from '../../src/market/trading-day';
import { findGaps } from '../../src/quality/gaps';
import { createTestDatabase, type TestDatabase } from '../support/database';

const range = { symbols: null, start: '2024-01-01', end: '2024-01-12' };
const days = [...daysBetween(range.start, range.end)];

describe('gaps in the daily bars', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await createTestDatabase();
  });
  beforeEach(() =>
    database.pool.query(
      'DELETE FROM stock; DELETE FROM stock_data; DELETE FROM trading_calendar; DELETE FROM suspension',
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
      stocks: [{ symbol: '600000.SH', expected: 3, present: 1, suspended: 1, gaps: ['2024-01-05'] }],
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
