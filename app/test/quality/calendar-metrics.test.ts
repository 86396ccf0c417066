import { Registry } from 'prom-client';
import { registerCalendar } from '../../src/quality/calendar-metrics';
import { createTestDatabase, type TestDatabase } from '../support/database';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
  // National Day of 2026, as the exchanges announced it: until the 7th; the 10th is a Saturday.
  await database.pool.query(
    `INSERT INTO trading_calendar (day, is_open, source)
     SELECT day, extract(isodow FROM day) < 6 AND day > '2026-10-07', 'tushare'
     FROM generate_series('2026-10-01'::date, '2026-10-12', '1 day') AS day
     UNION ALL SELECT '2026-10-13', true, 'sample'`,
  );
});
afterAll(() => database.drop());

async function toldAt(moment: string) {
  const registry = new Registry();
  registerCalendar(registry, database.pool as never, () => new Date(moment));
  const value = async (name: string) => (await registry.getSingleMetric(name)?.get())?.values[0]?.value;
  return [await value('exchange_trades_today'), await value('trading_calendar_until_seconds')];
}

const end = Date.parse('2026-10-13T00:00:00+08:00') / 1000;

test.each([
  ['in the first minute of a holiday', '2026-10-01T00:00:00+08:00', [0, end]],
  ['on its last evening', '2026-10-07T23:59:59+08:00', [0, end]],
  ['on the first trading day', '2026-10-08T00:00:00+08:00', [1, end]],
  ['on a Saturday', '2026-10-10T12:00:00+08:00', [0, end]],
  ['on the last day that is known', '2026-10-12T12:00:00+08:00', [1, end]],
  ['on a day of the sample alone', '2026-10-13T12:00:00+08:00', [undefined, end]],
])('%s it is told whether Shanghai trades, and until when that is known', async (_when, moment, told) => {
  expect(await toldAt(moment)).toEqual(told);
});
