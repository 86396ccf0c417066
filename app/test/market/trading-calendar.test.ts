import { isTradingDay, lastTradingDay, tradingDays } from '../../src/market/trading-calendar';
import { createTestDatabase, type TestDatabase } from '../support/database';

describe('the trading calendar', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await createTestDatabase();
    await database.pool.query(
      `INSERT INTO trading_calendar (day, is_open, source)
       VALUES ('2024-02-08', true, 'sample'), ('2024-02-09', false, 'sample'), ('2024-02-19', true, 'sample')`,
    );
  });
  afterAll(() => database.drop());

  test('tells open days, closed days and days it does not know apart', async () => {
    const answers = ['2024-02-08', '2024-02-09', '2024-02-20'].map((day) => isTradingDay(database.pool, day));
    expect(await Promise.all(answers)).toEqual([true, false, undefined]);
  });

  test('lists the trading days of a range with both ends', async () => {
    expect(await tradingDays(database.pool, '2024-02-08', '2024-02-19')).toEqual(['2024-02-08', '2024-02-19']);
    expect(await tradingDays(database.pool, '2024-02-09', '2024-02-18')).toEqual([]);
  });

  test('finds the last trading day before a holiday', async () => {
    expect(await lastTradingDay(database.pool, '2024-02-12')).toBe('2024-02-08');
    expect(await lastTradingDay(database.pool, '2024-02-07')).toBeUndefined();
  });
});
