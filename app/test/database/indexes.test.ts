import { ensureIndexes, listInvalidIndexes } from '../../src/database/indexes';
import { ensurePartitions, listPartitions } from '../../src/database/partitions';
import { listTableSizes } from '../../src/database/size';
import { createTestDatabase, type TestDatabase } from '../support/database';

const index = 'idx_stock_data_date_symbol';

describe('the indexes of stock_data', () => {
  let database: TestDatabase;
  beforeEach(async () => {
    database = await createTestDatabase();
    // A few years are enough.
    const { rows } = await database.owner.query<{ name: string }>(
      `SELECT relname AS name FROM pg_class JOIN pg_inherits ON inhrelid = pg_class.oid
       WHERE inhparent = 'stock_data'::regclass AND relname < 'stock_data_2023'`,
    );
    await database.owner.query(`DROP TABLE ${rows.map(({ name }) => name).join(', ')}`);
  });
  afterEach(() => database.drop());

  async function ensure(): Promise<string[]> {
    const lines: string[] = [];
    await ensureIndexes(database.owner, (line) => lines.push(line));
    return lines;
  }
  const isValid = async () =>
    (await database.owner.query('SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass($1)', [index])).rows[0]
      ?.indisvalid;
  const years = async () => (await listPartitions(database.owner)).length;

  test('need nothing after a migration', async () => {
    expect(await ensure()).toEqual([`${index} is valid on ${await years()} partitions`]);
  });

  test('are built on every partition and end valid', async () => {
    await database.owner.query(`DROP INDEX ${index}`);
    const lines = await ensure();
    expect(lines.filter((line) => line.startsWith('built '))).toHaveLength(await years());
    expect(await isValid()).toBe(true);
    expect(await ensure()).toHaveLength(1);
  });

  test('are built on where an interrupted run left an invalid one', async () => {
    await database.owner.query(`DROP INDEX ${index}`);
    await database.owner.query(`CREATE INDEX ${index} ON ONLY stock_data (trade_date, symbol)`);
    const left = ['stock_data_2023_trade_date_symbol', 'stock_data_2024_trade_date_symbol'];
    for (const name of left) {
      await database.owner.query(`CREATE INDEX ${name} ON ${name.slice(0, 15)} (trade_date, symbol)`);
    }
    await database.asSuperuser(`UPDATE pg_index SET indisvalid = false WHERE indexrelid = '${left[0]}'::regclass`);
    expect(await isValid()).toBe(false);
    expect(await listInvalidIndexes(database.owner)).toEqual([index, left[0]]);
    const lines = await ensure();
    expect(lines).toContain(`dropped ${left[0]}, which was invalid`);
    expect(lines).toContain(`built ${left[0]}`);
    expect(lines).toContain(`attached ${left[1]} to ${index}`);
    expect(lines).not.toContain(`built ${left[1]}`);
    expect(await isValid()).toBe(true);
    expect(await listInvalidIndexes(database.owner)).toEqual([]);
  });

  test('are built while rows are written', async () => {
    await database.owner.query(`DROP INDEX ${index}`);
    const write = (symbol: string) =>
      database.owner.query(
        `INSERT INTO stock_data (symbol, trade_date, open, high, low, close, volume, amount, source)
         VALUES ($1, '2024-01-02', 1, 1, 1, 1, 0, 0, 'tushare')`,
        [symbol],
      );
    const building = ensure();
    for (let number = 0; number < 20; number++) await write(`6000${String(number).padStart(2, '0')}.SH`);
    await building;
    expect(await isValid()).toBe(true);
    const { rows } = await database.owner.query('SELECT count(*)::int FROM stock_data WHERE trade_date = $1', [
      '2024-01-02',
    ]);
    expect(rows[0].count).toBe(20);
  });

  test('are not built by two processes at once', async () => {
    const holder = await database.owner.connect();
    try {
      await holder.query("SELECT pg_advisory_lock(hashtextextended('ensure indexes', 0))");
      await expect(ensure()).rejects.toThrow('another process is making the indexes');
    } finally {
      holder.release(true);
    }
  });

  test('come with a new partition', async () => {
    expect(await ensurePartitions(database.owner, [2040, 2024])).toEqual(['stock_data_2040']);
    expect((await listPartitions(database.owner)).at(-1)).toEqual({
      name: 'stock_data_2040',
      from: '2040-01-01',
      to: '2041-01-01',
    });
    expect(await ensure()).toHaveLength(1);
  });

  test('count in the size of each partition', async () => {
    const sizes = await listTableSizes(database.owner);
    expect(sizes.find(({ name }) => name === 'stock_data_2024')).toEqual({
      name: 'stock_data_2024',
      rows: null,
      heapBytes: 8192,
      indexBytes: 16384,
    });
    expect(sizes.map(({ name }) => name)).not.toContain('stock_data');
  });
});
