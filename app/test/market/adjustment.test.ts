import fc from 'fast-check';
import { sql } from '../../src/database/sql';
import { adjustedPriceSql, findFactorSeries } from '../../src/market/adjustment';
import { adjustedPrice } from '../support/adjusted-price';
import { createTestDatabase, type TestDatabase } from '../support/database';

const cents = fc.integer({ min: 1, max: 500_000 }).map((price) => (price / 100).toFixed(2));
const factor = fc.integer({ min: 1_000, max: 2_000_000_000 }).map((millionths) => (millionths / 1e6).toFixed(6));
/** As Sina gives them. */
const longFactor = fc
  .bigInt({ min: 10n ** 14n, max: 2n * 10n ** 19n })
  .map((units) => `${units / 10n ** 16n}.${String(units % 10n ** 16n).padStart(16, '0')}`);

describe('adjustment', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await createTestDatabase();
  });
  afterAll(() => database.drop());

  test('in the database is that of exact arithmetic', async () => {
    const anyFactor = fc.oneof(factor, longFactor);
    const sample = fc.sample(fc.tuple(cents, anyFactor, anyFactor), 2_000);
    const { rows } = await database.pool.query<{ price: string }>(
      `SELECT ${adjustedPriceSql(sql`price`, sql`factor`, sql`divisor`)}::text AS price
       FROM unnest($1::numeric[], $2::numeric[], $3::numeric[]) WITH ORDINALITY AS row (price, factor, divisor, place)
       ORDER BY place`,
      [0, 1, 2].map((column) => sample.map((row) => row[column])),
    );
    expect(rows.map(({ price }) => price)).toEqual(sample.map((row) => adjustedPrice(...row)));
  });

  test('leaves the prices of the day whose factor divides', () => {
    fc.assert(
      fc.property(cents, factor, (price, latest) => {
        expect(Number(adjustedPrice(price, latest, latest))).toBe(Number(price));
      }),
    );
  });

  test('backward and forward give the same returns, as far as six decimals tell', () => {
    fc.assert(
      fc.property(cents, cents, factor, factor, (first, second, early, late) => {
        const [backward, forward] = ['1', late].map((divisor) => ({
          first: Number(adjustedPrice(first, early, divisor)),
          second: Number(adjustedPrice(second, late, divisor)),
        })) as [Record<'first' | 'second', number>, Record<'first' | 'second', number>];
        const smallest = Math.min(backward.first, backward.second, forward.first, forward.second);
        fc.pre(smallest > 0.01);
        const ratio = forward.second / forward.first / (backward.second / backward.first);
        expect(Math.abs(ratio - 1)).toBeLessThan(4e-6 / smallest);
      }),
    );
  });

  test('does not count factors of days to come', async () => {
    await database.pool.query(`
      INSERT INTO stock_data (symbol, trade_date, open, high, low, close, volume, amount, source)
      VALUES ('600000.SH', '2024-01-02', 1, 1, 1, 1, 1, 1, 'tushare');
      INSERT INTO adjustment_factor VALUES
        ('600000.SH', 'tushare', '2024-01-02', 2), ('600000.SH', 'tushare', '2024-01-03', 3)`);
    const find = (today: string, adjustment: 'qfq' | 'hfq' = 'qfq') =>
      findFactorSeries(database.pool, '600000.SH', { start: '2024-01-01', end: '2024-01-31', today }, adjustment, [
        'akshare',
        'tushare',
      ]);
    expect(await find('2024-01-02')).toEqual({ source: 'tushare', divisor: '2' });
    expect(await find('2024-01-03')).toEqual({ source: 'tushare', divisor: '3' });
    expect(await find('2024-01-03', 'hfq')).toEqual({ source: 'tushare', divisor: '1' });
  });
});
