import { isSchemaCurrent, migrate, migrationNames } from '../../src/database/migrations';
import { ownerRole } from '../../src/database/roles';
import { createTestDatabase, type TestDatabase } from '../support/database';

describe('migrations', () => {
  let database: TestDatabase;
  let ran: string[][];
  const lines: string[] = [];
  beforeAll(async () => {
    database = await createTestDatabase({ migrated: false });
    expect(await isSchemaCurrent(database.owner)).toBe(false);
    const run = () => migrate(database.environmentOf(ownerRole), 0, (line) => lines.push(line));
    ran = await Promise.all([run(), run()]);
  });
  afterAll(() => database.drop());

  const partitions = async () => {
    const { rows } = await database.owner.query<{ name: string }>(
      "SELECT inhrelid::regclass::text AS name FROM pg_inherits WHERE inhparent = 'stock_data'::regclass ORDER BY 1",
    );
    return rows.map(({ name }) => name);
  };

  test('bring an empty database to the current schema, once, however many start them at the same time', async () => {
    expect(ran.flat()).toEqual(migrationNames);
    expect(await isSchemaCurrent(database.owner)).toBe(true);
  });

  test('say what they did', () => {
    for (const name of migrationNames) expect(lines.filter((line) => line === `applied ${name}`)).toHaveLength(1);
    expect(lines).toContain(`schema is current (${migrationNames.at(-1)})`);
    expect(lines).toContain('job queue schema is current');
  });

  test('do nothing the next time', async () => {
    expect(await migrate(database.environmentOf(ownerRole), 0, () => undefined)).toEqual([]);
  });

  test('make a partition for every year from 1990 through the next', async () => {
    const next = new Date().getFullYear() + 1;
    const names = await partitions();
    expect(names[0]).toBe('stock_data_1990');
    expect(names.at(-1)).toBe(`stock_data_${next}`);
    expect(names).toHaveLength(next - 1990 + 1);
  });

  test('let processes of the version before and of this one write the state of a breaker beside each other', async () => {
    const { owner } = database;
    const state = async () => {
      const { rows } = await owner.query('SELECT open_until, closed_until FROM source_api');
      expect(rows).toHaveLength(1);
      expect(rows[0].open_until).toEqual(rows[0].closed_until);
      return rows[0].open_until?.toISOString() ?? null;
    };
    const [first, second] = ['2026-01-05T10:00:00.000Z', '2026-01-05T11:00:00.000Z'];
    const insert = (column: string) =>
      `INSERT INTO source_api AS known (source, api, tokens, ${column}) VALUES ('tushare', 'daily', 1, $1)
       ON CONFLICT (source, api) DO UPDATE SET ${column} = greatest(known.${column}, excluded.${column})`;
    await owner.query(insert('closed_until'), [first]);
    expect(await state()).toBe(first);
    await owner.query(insert('open_until'), [second]);
    expect(await state()).toBe(second);
    await owner.query(insert('closed_until'), [first]);
    expect(await state()).toBe(second);
    await owner.query('UPDATE source_api SET closed_until = NULL');
    expect(await state()).toBeNull();
    await owner.query('UPDATE source_api SET open_until = $1', [first]);
    expect(await state()).toBe(first);
    await owner.query('DELETE FROM source_api');
  });

  test('leave no table that a crash would empty', async () => {
    const { rows } = await database.pool.query("SELECT relname FROM pg_class WHERE relpersistence = 'u'");
    expect(rows).toEqual([]);
  });

  test("make the manual's index on symbol and day, valid on every partition", async () => {
    const { rows } = await database.owner.query<{ valid: boolean; definition: string; partitions: number }>(
      `SELECT indisvalid AS valid, pg_get_indexdef(indexrelid) AS definition,
              (SELECT count(*)::int FROM pg_inherits WHERE inhparent = indexrelid) AS partitions
       FROM pg_index WHERE indexrelid = 'idx_stock_data_symbol_date'::regclass`,
    );
    expect(rows[0]?.valid).toBe(true);
    expect(rows[0]?.definition).toContain('(symbol, trade_date)');
    expect(rows[0]?.partitions).toBe((await partitions()).length);
  });

  test('say which database did not answer, and what to do', async () => {
    const environment = {
      ...database.environmentOf(ownerRole),
      DATABASE_URL: 'postgresql://stock@127.0.0.1:1/stockdb',
    };
    await expect(migrate(environment, 0, () => undefined)).rejects.toThrow(
      /the database at 127\.0\.0\.1:1\/stockdb did not answer within 0 s .*start it, or correct DATABASE_URL/,
    );
  });
});
