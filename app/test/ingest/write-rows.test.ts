import { inTransaction } from '../../src/database/pool';
import { outrankedBy } from '../../src/ingest/rank';
import { writeAdjustmentFactors } from '../../src/ingest/write-adjustment-factors';
import { writeAliases } from '../../src/ingest/write-aliases';
import { writeCalendar } from '../../src/ingest/write-calendar';
import { writeListings } from '../../src/ingest/write-listings';
import { writeQuotes } from '../../src/ingest/write-quotes';
import { writeSuspensions } from '../../src/ingest/write-suspensions';
import type { Quote, StockListing } from '../../src/market/dataset';
import type { SourceName } from '../../src/sources/source';
import { createTestDatabase, type TestDatabase } from '../support/database';

const order: SourceName[] = ['tushare', 'akshare'];

const listing = (changes: Partial<StockListing>): StockListing => ({
  symbol: '600000.SH',
  name: '浦发银行',
  area: null,
  industry: null,
  status: 'listed',
  listDate: null,
  delistDate: null,
  ...changes,
});

const quote = (price: string, time: string, symbol = '600000.SH'): Quote => ({
  symbol,
  price,
  open: null,
  high: null,
  low: null,
  preClose: null,
  volumeShares: 100,
  amountYuan: '1000.00',
  quotedAt: `2024-01-02T${time}+08:00`,
});

describe('writing rows of a source', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await createTestDatabase();
  });
  afterEach(() =>
    database.pool.query(
      'DELETE FROM stock; DELETE FROM trading_calendar; DELETE FROM quote; DELETE FROM suspension; DELETE FROM adjustment_factor',
    ),
  );
  afterAll(() => database.drop());

  const originOf = (source: SourceName) => ({ source, outrankedBy: outrankedBy(source, order) });
  const select = async (statement: string) => (await database.pool.query(statement)).rows;

  test.each<[SourceName, string[]]>([
    ['tushare', []],
    ['akshare', ['tushare']],
    ['wind', ['tushare', 'akshare']],
    ['sample', ['tushare', 'akshare', 'wind']],
  ])('%s does not replace rows of %j', (source, stronger) => {
    expect(outrankedBy(source, order)).toEqual(stronger);
  });

  test('the sample replaces nothing real, wherever it stands in the order', () => {
    expect(outrankedBy('sample', ['sample', 'tushare'])).toEqual(['tushare', 'akshare', 'wind']);
    expect(outrankedBy('tushare', ['sample', 'tushare'])).toEqual([]);
  });

  test('a day of the calendar is corrected by its own source and by one that comes before, not by one after', async () => {
    const write = (source: SourceName, isOpen: boolean) =>
      inTransaction(database.pool, (client) =>
        writeCalendar(client, originOf(source), [{ exchange: 'SH', day: '2024-01-02', isOpen }]),
      );
    expect(await write('akshare', false)).toMatchObject({ inserted: 1 });
    expect(await write('akshare', true)).toMatchObject({ updated: 1 });
    expect(await write('tushare', false)).toMatchObject({ updated: 1 });
    expect(await write('akshare', true)).toMatchObject({ updated: 0, unchanged: 1 });
    expect(await select('SELECT is_open, source FROM trading_calendar')).toEqual([
      { is_open: false, source: 'tushare' },
    ]);
  });

  test('any list names a stock that only prices are known of', async () => {
    await database.pool.query("INSERT INTO stock (symbol, source) VALUES ('600000.SH', 'tushare')");
    const write = (source: SourceName, name: string) =>
      inTransaction(database.pool, (client) => writeListings(client, originOf(source), [listing({ name })]));
    expect(await write('akshare', '浦发银行')).toMatchObject({ updated: 1, changedSymbols: ['600000.SH'] });
    expect(await write('tushare', '浦发')).toMatchObject({ updated: 1 });
    expect(await write('akshare', '浦发银行')).toMatchObject({ unchanged: 1 });
    expect(await select('SELECT name, source FROM stock')).toEqual([{ name: '浦发', source: 'tushare' }]);
  });

  test('factors of two sources stand beside each other', async () => {
    for (const source of ['tushare', 'akshare'] as const) {
      await inTransaction(database.pool, (client) =>
        writeAdjustmentFactors(client, originOf(source), [
          { symbol: '600000.SH', tradeDate: '2024-01-02', factor: source === 'tushare' ? '1.5' : '7' },
        ]),
      );
    }
    expect(await select('SELECT source, factor FROM adjustment_factor ORDER BY source')).toEqual([
      { source: 'akshare', factor: '7' },
      { source: 'tushare', factor: '1.5' },
    ]);
  });

  const suspension = (timing: string | null) => ({
    symbol: '600000.SH',
    day: '2024-01-02',
    kind: 'suspended' as const,
    timing,
  });
  const suspend = (source: SourceName, ...timings: (string | null)[]) =>
    inTransaction(database.pool, (client) => writeSuspensions(client, originOf(source), timings.map(suspension)));
  const timings = async () =>
    (await select('SELECT timing FROM suspension ORDER BY timing NULLS FIRST')).map(({ timing }) => timing);

  test('a stock may be suspended twice a day, and the second time nothing is written', async () => {
    expect(await suspend('tushare', '09:30-10:00', '13:00-13:30')).toMatchObject({ inserted: 2 });
    expect(await suspend('tushare', '09:30-10:00', '13:00-13:30')).toEqual({
      inserted: 0,
      updated: 0,
      unchanged: 2,
      changedSymbols: [],
    });
    expect(await timings()).toEqual(['09:30-10:00', '13:00-13:30']);
  });

  test('a suspension that its source corrects stands as corrected', async () => {
    await suspend('tushare', '09:30-10:00');
    expect(await suspend('tushare', null)).toMatchObject({ inserted: 1, changedSymbols: ['600000.SH'] });
    expect(await timings()).toEqual([null]);
  });

  test('a suspension stands once, though two sources put it into different words', async () => {
    await suspend('akshare', '盘中停牌');
    await suspend('tushare', '09:30-10:00');
    expect(await suspend('akshare', '盘中停牌')).toMatchObject({ inserted: 0, unchanged: 1 });
    expect(await timings()).toEqual(['09:30-10:00']);
  });

  test('a stock is found by its name in pinyin and its initials', async () => {
    await inTransaction(database.pool, (client) =>
      writeListings(client, originOf('tushare'), [listing({ name: '万科A' })]),
    );
    expect(await select('SELECT search FROM stock')).toEqual([{ search: '万科a wankea wka' }]);
  });

  test('a suspension and a resumption on one day are two rows', async () => {
    const row = { symbol: '600000.SH', day: '2024-01-02', timing: null };
    const rows = [
      { ...row, kind: 'suspended' as const },
      { ...row, kind: 'resumed' as const },
    ];
    const result = await inTransaction(database.pool, (client) => writeSuspensions(client, originOf('tushare'), rows));
    expect(result).toMatchObject({ inserted: 2 });
  });

  test('the latest quote counts, whichever source has it, and each collection that changes one has a new number', async () => {
    const write = (source: SourceName, ...quotes: Quote[]) =>
      inTransaction(database.pool, (client) => writeQuotes(client, originOf(source), quotes));
    await write('tushare', quote('10.00', '10:00:00'), quote('20.00', '10:00:00', '600001.SH'));
    const [before] = await select(`SELECT batch FROM quote WHERE symbol = '600001.SH'`);
    const later = await write('akshare', quote('10.10', '10:01:00'), quote('20.00', '10:00:00', '600001.SH'));
    expect(later).toMatchObject({ updated: 2 });
    expect(await write('tushare', quote('9.90', '10:00:30'))).toMatchObject({ unchanged: 1 });
    expect(await write('sample', quote('1.00', '14:00:00'))).toMatchObject({ unchanged: 1 });
    const rows = await select(
      `SELECT symbol, price, source, batch > ${before.batch} AS is_later FROM quote ORDER BY symbol`,
    );
    expect(rows).toEqual([
      { symbol: '600000.SH', price: '10.1000', source: 'akshare', is_later: true },
      { symbol: '600001.SH', price: '20.0000', source: 'akshare', is_later: true },
    ]);
  });

  test('nothing is written where there is nothing to write', async () => {
    const result = await inTransaction(database.pool, (client) => writeSuspensions(client, originOf('tushare'), []));
    expect(result).toEqual({ inserted: 0, updated: 0, unchanged: 0, changedSymbols: [] });
  });

  test('what stands under the old symbol of a renumbered stock is put under the new one', async () => {
    const store = (symbol: string, day: string, source: string) =>
      database.pool.query(
        `INSERT INTO stock_data (symbol, trade_date, open, high, low, close, volume, amount, source)
         VALUES ($1, $2, 1, 1, 1, 1, 0, 0, $3)`,
        [symbol, day, source],
      );
    await store('430047.BJ', '2024-01-02', 'akshare');
    await store('430047.BJ', '2024-01-03', 'akshare');
    await store('920047.BJ', '2024-01-03', 'tushare');
    await database.pool.query(`INSERT INTO stock (symbol, source) VALUES ('430047.BJ', 'akshare')`);
    await database.pool.query(
      `INSERT INTO adjustment_factor VALUES ('430047.BJ', 'tushare', '2024-01-02', 1);
       INSERT INTO suspension VALUES ('430047.BJ', '2024-01-04', 'suspended', NULL, 'tushare')`,
    );
    const alias = { oldSymbol: '430047.BJ', symbol: '920047.BJ', effectiveDate: '2025-10-09' };
    await inTransaction(database.pool, (client) => writeAliases(client, originOf('tushare'), [alias]));
    expect(await select('SELECT symbol, trade_date, source FROM stock_data ORDER BY trade_date')).toEqual([
      { symbol: '920047.BJ', trade_date: '2024-01-02', source: 'akshare' },
      { symbol: '920047.BJ', trade_date: '2024-01-03', source: 'tushare' },
    ]);
    for (const table of ['stock', 'adjustment_factor', 'suspension']) {
      expect(await select(`SELECT symbol FROM ${table}`)).toEqual([{ symbol: '920047.BJ' }]);
    }
    await database.pool.query('DELETE FROM stock_data; DELETE FROM symbol_alias');
  });
});
