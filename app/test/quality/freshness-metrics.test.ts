import { Registry } from 'prom-client';
import { registerFreshness } from '../../src/quality/freshness-metrics';
import { createTestDatabase, type TestDatabase } from '../support/database';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
  // The 10th is a holiday in the week; the 13th and 14th are a weekend.
  await database.pool.query(
    `INSERT INTO trading_calendar (day, is_open, source)
     SELECT day, extract(isodow FROM day) < 6 AND day <> '2024-01-10', 'test'
     FROM generate_series('2024-01-08'::date, '2024-01-16', '1 day') AS day`,
  );
  await database.pool.query(
    `INSERT INTO stock_data (symbol, trade_date, open, high, low, close, volume, amount, source)
     VALUES ('600000.SH', '2024-01-09', 10, 11, 9, 10, 100, 1000, 'test')`,
  );
});
afterAll(() => database.drop());

const lagAt = async (moment: string): Promise<number | undefined> => {
  const registry = new Registry();
  registerFreshness(registry, database.pool as never, () => new Date(moment));
  const metric = await registry.getSingleMetric('dataset_lag_trading_days')?.get();
  return metric?.values.find(({ labels }) => labels.dataset === 'daily')?.value;
};

test.each([
  ['on a day whose bars are not due yet', '2024-01-09T12:00:00+08:00', 0],
  ['when the day’s bars are there', '2024-01-09T21:00:00+08:00', 0],
  ['on the evening of a holiday', '2024-01-10T21:00:00+08:00', 0],
  ['on the morning after a holiday', '2024-01-11T09:00:00+08:00', 0],
  ['on the evening of a trading day whose bars did not come', '2024-01-11T21:00:00+08:00', 1],
  ['on a weekend after two such days', '2024-01-14T21:00:00+08:00', 2],
])('%s the daily bars are behind by the trading days that are due', async (_when, moment, days) => {
  expect(await lagAt(moment)).toBe(days);
});

test('a dataset that was never loaded has no lag', async () => {
  const registry = new Registry();
  registerFreshness(registry, database.pool as never, () => new Date('2024-01-11T21:00:00+08:00'));
  const metric = await registry.getSingleMetric('dataset_lag_trading_days')?.get();
  expect(metric?.values.map(({ labels }) => labels.dataset)).not.toContain('realtime');
});

test('each dataset says whether it was ever loaded', async () => {
  const registry = new Registry();
  registerFreshness(registry, database.pool as never);
  const metric = await registry.getSingleMetric('dataset_loaded')?.get();
  expect(Object.fromEntries(metric?.values.map(({ labels, value }) => [labels.dataset, value]) ?? [])).toMatchObject({
    daily: 1,
    trade_cal: 1,
    realtime: 0,
  });
});
