import { findMissingDays } from '../../src/quality/missing-days';
import { createTestDatabase, type TestDatabase } from '../support/database';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
  // The 10th is a holiday in the week; the 13th and 14th are a weekend.
  await database.pool.query(
    `INSERT INTO trading_calendar (day, is_open, source)
     SELECT day, extract(isodow FROM day) < 6 AND day <> '2024-01-10', 'test'
     FROM generate_series('2024-01-08'::date, '2024-01-31', '1 day') AS day`,
  );
});
beforeEach(() => database.pool.query('DELETE FROM stock_data'));
afterAll(() => database.drop());

const now = new Date('2024-01-19T21:00:00+08:00');
const storeBars = (...days: string[]) =>
  database.pool.query(
    `INSERT INTO stock_data (symbol, trade_date, open, high, low, close, volume, amount, source)
     SELECT '600000.SH', day, 10, 11, 9, 10, 100, 1000, 'test' FROM unnest($1::date[]) AS day`,
    [days],
  );
const missing = async (dataset: string, at = now): Promise<number | undefined> =>
  (await findMissingDays(database.pool as never, at)).find((found) => found.dataset === dataset)?.days;

test.each([
  ['nothing at all', [], 0],
  ['one day', ['2024-01-11'], 0],
  ['days with a holiday between them', ['2024-01-09', '2024-01-11'], 0],
  ['days with a weekend between them', ['2024-01-12', '2024-01-15'], 0],
  ['days with trading days between them', ['2024-01-09', '2024-01-16'], 3],
  ['days up to one that is late', ['2024-01-15', '2024-01-16'], 0],
])('of %s as many are missing as are trading days between others', async (_what, days, expected) => {
  await storeBars(...days);
  expect(await missing('daily')).toBe(expected);
});

test('a day that the calendar does not know is not missing', async () => {
  await database.pool.query(`DELETE FROM trading_calendar WHERE day = '2024-01-30'`);
  await storeBars('2024-01-29', '2024-01-31');
  expect(await missing('daily', new Date('2024-01-31T21:00:00+08:00'))).toBe(0);
});

test('what is longer ago than stock sync searches is forgotten', async () => {
  await storeBars('2024-01-09', '2024-01-16', '2024-01-17');
  expect(await missing('daily', new Date('2024-02-12T12:00:00+08:00'))).toBe(0);
});

test('the days of suspensions are those of which all were asked for once the exchanges had closed', async () => {
  await database.pool.query(
    `INSERT INTO ingest_run (dataset, source, state, is_whole_market, first_day, last_day, started_at, finished_at)
     SELECT 'suspend', 'test', 'completed', true, day, day, (day + time '16:00') AT TIME ZONE 'Asia/Shanghai', now()
     FROM unnest('{2024-01-11, 2024-01-15}'::date[]) AS day`,
  );
  expect(await missing('suspend')).toBe(1);
});

test('factors, of which all rows would have to be read, are left to the weekly scan', async () => {
  expect(await missing('adj_factor')).toBeUndefined();
});
