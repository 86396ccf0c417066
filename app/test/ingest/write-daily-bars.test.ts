import { inTransaction } from '../../src/database/pool';
import { outrankedBy } from '../../src/ingest/rank';
import { writeDailyBars } from '../../src/ingest/write-daily-bars';
import type { SourceName } from '../../src/sources/source';
import { bar } from '../support/bars';
import { createTestDatabase, type TestDatabase } from '../support/database';

const order: SourceName[] = ['tushare', 'akshare'];

describe('writing daily bars', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await createTestDatabase();
  });
  afterEach(() => database.owner.query('TRUNCATE stock, stock_data'));
  afterAll(() => database.drop());

  const write = (source: string, ...bars: ReturnType<typeof bar>[]) =>
    inTransaction(database.pool, (client) =>
      writeDailyBars(client, { source, outrankedBy: outrankedBy(source as SourceName, order) }, [bars]),
    );
  const stored = async () =>
    (await database.pool.query('SELECT symbol, trade_date, close, source, corrected_at FROM stock_data ORDER BY 1, 2'))
      .rows;

  test('stores new ones and lists their stock', async () => {
    const result = await write('tushare', bar(), bar({ tradeDate: '1991-05-02' }), bar({ symbol: '000001.SZ' }));
    expect(result).toEqual({
      inserted: 3,
      updated: 0,
      unchanged: 0,
      changedSymbols: ['000001.SZ', '600000.SH'],
    });
    const { rows } = await database.pool.query('SELECT symbol, exchange, name, source FROM stock ORDER BY symbol');
    expect(rows).toEqual([
      { symbol: '000001.SZ', exchange: 'SZ', name: null, source: 'tushare' },
      { symbol: '600000.SH', exchange: 'SH', name: null, source: 'tushare' },
    ]);
  });

  test('writes only what differs the second time', async () => {
    await write('tushare', bar(), bar({ tradeDate: '2024-01-03' }));
    const result = await write(
      'tushare',
      bar(),
      bar({ tradeDate: '2024-01-03', close: '10.30' }),
      bar({ tradeDate: '2024-01-04' }),
    );
    expect(result).toEqual({ inserted: 1, updated: 1, unchanged: 1, changedSymbols: ['600000.SH'] });
    const rows = await stored();
    expect(rows.map(({ close }) => close)).toEqual(['10.2000', '10.3000', '10.2000']);
    expect(rows.map(({ corrected_at }) => corrected_at !== null)).toEqual([false, true, false]);
  });

  test('leaves the rows themselves untouched when nothing differs', async () => {
    const places = async () => (await database.pool.query('SELECT ctid, xmin FROM stock_data')).rows;
    await write('tushare', bar());
    const before = await places();
    expect(await write('tushare', bar())).toMatchObject({ unchanged: 1, changedSymbols: [] });
    expect(await places()).toEqual(before);
  });

  test('never lets a synthetic row replace a real one, but a real one replaces a synthetic', async () => {
    await write('sample', bar({ close: '10.40' }));
    expect(await write('tushare', bar())).toMatchObject({ updated: 1 });
    expect(await write('sample', bar({ close: '10.40' }))).toMatchObject({ updated: 0, unchanged: 1 });
    expect(await stored()).toMatchObject([{ close: '10.2000', source: 'tushare' }]);
  });

  test('lets a source replace rows of the sources after it, not of those before it', async () => {
    await write('tushare', bar());
    expect(await write('akshare', bar({ close: '10.30' }), bar({ tradeDate: '2024-01-03' }))).toMatchObject({
      inserted: 1,
      updated: 0,
      unchanged: 1,
    });
    expect(await write('tushare', bar({ tradeDate: '2024-01-03', close: '10.40' }))).toMatchObject({ updated: 1 });
    expect(await stored()).toMatchObject([
      { close: '10.2000', source: 'tushare' },
      { close: '10.4000', source: 'tushare' },
    ]);
  });

  test('stores nothing when a later batch fails', async () => {
    async function* failing() {
      yield [bar()];
      throw new Error('the source broke off');
    }
    const origin = { source: 'tushare', outrankedBy: [] };
    const writing = inTransaction(database.pool, (client) => writeDailyBars(client, origin, failing()));
    await expect(writing).rejects.toThrow('the source broke off');
    expect(await stored()).toEqual([]);
  });

  test('keeps every digit', async () => {
    await write(
      'tushare',
      bar({ open: '10.1234', amountYuan: '98765432109876.54', volumeShares: 9_007_199_254_740_991 }),
    );
    const { rows } = await database.pool.query('SELECT open, amount, volume FROM stock_data');
    expect(rows).toEqual([{ open: '10.1234', amount: '98765432109876.54', volume: '9007199254740991' }]);
  });
});
