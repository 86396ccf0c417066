import { isInSession, mayBeTradingDay } from '../../src/market/trading-session';
import { createTestDatabase, type TestDatabase } from '../support/database';

describe('the trading session', () => {
  test.each([
    ['09:14', false],
    ['09:15', true],
    ['11:30', true],
    ['11:31', false],
    ['12:59', false],
    ['13:00', true],
    ['15:00', true],
    ['15:01', false],
    ['00:00', false],
  ])('at %s in Shanghai: %s', (time, expected) => {
    expect(isInSession(new Date(`2024-01-02T${time}:00+08:00`))).toBe(expected);
  });

  describe('may be on a day', () => {
    let database: TestDatabase;
    beforeAll(async () => {
      database = await createTestDatabase();
      await database.pool.query(
        `INSERT INTO trading_calendar (day, is_open, source) VALUES
           ('2024-01-01', false, 'test'), ('2024-01-02', true, 'test')`,
      );
    });
    afterAll(() => database.drop());

    test.each([
      ['2024-01-01', 'a holiday the calendar knows', false],
      ['2024-01-02', 'a trading day the calendar knows', true],
      ['2024-01-03', 'an unknown Wednesday', true],
      ['2024-01-06', 'an unknown Saturday', false],
      ['2024-01-07', 'an unknown Sunday', false],
    ])('%s, %s: %s', async (day, _which, expected) => {
      expect(await mayBeTradingDay(database.pool, day)).toBe(expected);
    });
  });
});
