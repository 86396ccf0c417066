import { inTransaction } from '../../src/database/pool';
import { writeAliases } from '../../src/ingest/write-aliases';
import type { SymbolAlias } from '../../src/market/dataset';
import { readNewSymbols } from '../../src/market/new-symbols';
import { createTestDatabase, type TestDatabase } from '../support/database';

const alias = (oldSymbol: string, symbol: string): SymbolAlias => ({ oldSymbol, symbol, effectiveDate: '2025-10-09' });

describe('renumbered stocks', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await createTestDatabase();
  });
  afterAll(() => database.drop());

  const write = (...aliases: SymbolAlias[]) =>
    inTransaction(database.pool, (client) => writeAliases(client, { source: 'tushare', outrankedBy: [] }, aliases));
  const select = async (statement: string) => (await database.pool.query(statement)).rows;

  test('of Shenzhen are known from the start', async () => {
    expect((await readNewSymbols(database.pool)).get('300114.SZ')).toBe('302132.SZ');
  });

  test('that were renumbered twice have the last number', async () => {
    await write(alias('830001.BJ', '870001.BJ'), alias('870001.BJ', '920001.BJ'));
    const newSymbols = await readNewSymbols(database.pool);
    expect(newSymbols.get('830001.BJ')).toBe('920001.BJ');
    expect(newSymbols.get('870001.BJ')).toBe('920001.BJ');
  });

  test('that lead in a circle keep their numbers', async () => {
    await write(alias('830002.BJ', '830003.BJ'), alias('830003.BJ', '830002.BJ'));
    const newSymbols = await readNewSymbols(database.pool);
    expect(newSymbols.has('830002.BJ')).toBe(false);
    expect(newSymbols.has('830003.BJ')).toBe(false);
  });

  test('bring all that is kept under any of their old numbers, each day once', async () => {
    await database.pool.query(`
      INSERT INTO stock (symbol, source) VALUES ('830001.BJ', 'tushare'), ('870001.BJ', 'tushare');
      INSERT INTO stock_data (symbol, trade_date, open, high, low, close, volume, amount, source)
        SELECT symbol, day::date, 1, 1, 1, 1, 0, 0, 'tushare'
        FROM unnest(ARRAY['830001.BJ', '870001.BJ']) AS symbol, unnest(ARRAY['2024-01-02', '2024-01-03']) AS day;
      INSERT INTO suspension (symbol, day, kind, timing, source) VALUES
        ('830001.BJ', '2024-01-02', 'suspended', NULL, 'tushare'), ('870001.BJ', '2024-01-02', 'suspended', NULL, 'tushare');
      INSERT INTO quote (symbol, price, volume, amount, quoted_at, source, batch) VALUES
        ('830001.BJ', 1, 0, 0, now(), 'tushare', 1), ('870001.BJ', 1, 0, 0, now(), 'tushare', 2)`);
    await write();
    expect(await select('SELECT symbol, trade_date FROM stock_data ORDER BY trade_date')).toEqual([
      { symbol: '920001.BJ', trade_date: '2024-01-02' },
      { symbol: '920001.BJ', trade_date: '2024-01-03' },
    ]);
    for (const table of ['stock', 'suspension', 'quote']) {
      expect(await select(`SELECT symbol FROM ${table}`)).toEqual([{ symbol: '920001.BJ' }]);
    }
  });
});
