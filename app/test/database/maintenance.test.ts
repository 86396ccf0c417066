import { maintain } from '../../src/database/maintenance';
import { createTestDatabase, type TestDatabase } from '../support/database';

describe('nightly maintenance', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await createTestDatabase();
  });
  afterAll(() => database.drop());

  const year = new Date().getFullYear();
  const daySeconds = 86_400;

  test('has nothing to add while the partition of next year exists', async () => {
    expect((await maintain(database.owner, year, daySeconds)).added).toEqual([]);
  });

  test('adds the missing years, with both indexes, ready for rows', async () => {
    expect((await maintain(database.owner, year + 2, daySeconds)).added).toEqual([
      `stock_data_${year + 2}`,
      `stock_data_${year + 3}`,
    ]);
    await database.owner.query(
      `INSERT INTO stock_data (symbol, trade_date, open, high, low, close, volume, amount, source)
       VALUES ('600000.SH', '${year + 2}-12-31', 1, 1, 1, 1, 0, 0, 'test')`,
    );
    const { rows } = await database.owner.query<{ table: string }>(
      'SELECT tableoid::regclass::text AS table FROM stock_data',
    );
    expect(rows).toEqual([{ table: `stock_data_${year + 2}` }]);
    const indexes = await database.owner.query(
      `SELECT FROM pg_index WHERE indrelid = 'stock_data_${year + 2}'::regclass AND indisvalid`,
    );
    expect(indexes.rowCount).toBe(2);
  });

  test('goes on where an earlier run was interrupted between making and attaching', async () => {
    await database.owner.query(
      `CREATE TABLE stock_data_${year + 4} (LIKE stock_data INCLUDING ALL,
       CONSTRAINT stock_data_${year + 4}_year CHECK (trade_date >= '${year + 4}-01-01' AND trade_date < '${year + 5}-01-01'))`,
    );
    expect((await maintain(database.owner, year + 3, daySeconds)).added).toEqual([`stock_data_${year + 4}`]);
  });

  test('reads go on while a partition is attached', async () => {
    const reader = await database.owner.connect();
    try {
      await reader.query('BEGIN');
      await reader.query('SELECT count(*) FROM stock_data');
      expect((await maintain(database.owner, year + 5, daySeconds)).added).toEqual([
        `stock_data_${year + 5}`,
        `stock_data_${year + 6}`,
      ]);
      await reader.query('SELECT count(*) FROM stock_data');
    } finally {
      await reader.query('ROLLBACK');
      reader.release();
    }
  });

  test('forgets a finished job with its children when its result has expired, and no other', async () => {
    await database.owner.query(
      `INSERT INTO job (type, request, state, finished_at) VALUES
         ('expired', '{}', 'completed', now() - interval '25 hours'),
         ('recent', '{}', 'failed', now() - interval '23 hours'),
         ('unfinished', '{}', 'active', NULL)`,
    );
    await database.owner.query(
      `INSERT INTO job (type, request, state, finished_at, parent_id)
       SELECT 'child of ' || type, '{}', 'completed', now() - interval '25 hours', id FROM job`,
    );
    expect((await maintain(database.owner, year, daySeconds)).forgotten).toBe(1);
    const { rows } = await database.owner.query<{ type: string }>('SELECT type FROM job ORDER BY type');
    expect(rows.map(({ type }) => type)).toEqual(['child of recent', 'child of unfinished', 'recent', 'unfinished']);
  });

  test("refreshes the planner's statistics", async () => {
    await maintain(database.owner, year, daySeconds);
    const { rows } = await database.owner.query(
      "SELECT FROM pg_stat_user_tables WHERE relname = 'stock' AND last_analyze IS NOT NULL",
    );
    expect(rows).toHaveLength(1);
  });
});
