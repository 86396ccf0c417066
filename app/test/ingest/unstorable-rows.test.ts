import { ingest } from '../../src/ingest/ingest';
import type { DailyBar } from '../../src/market/daily-bar';
import { parseSourcePriority, type SourcePriority } from '../../src/sources/priority';
import { decimalIn, readRows, symbolIn } from '../../src/sources/source-rows';
import { bar } from '../support/bars';
import { createTestDatabase, type TestDatabase } from '../support/database';
import { accessTo, type FakeSource, fakeSource } from '../support/fake-source';
import { ingestContext } from '../support/ingest';

const priority = parseSourcePriority('tushare') as SourcePriority;

/** Bars of which the database has no place for one value. */
const unstorable: Partial<DailyBar>[] = [
  { amountYuan: '91200000000000000000' },
  { amountYuan: '999999999999999999.995' },
  { open: '99999999.99996', high: '99999999.99997' },
  { low: '0.00001' },
  { preClose: '100000000' },
  { preClose: '-7.28' },
  { change: '-123456789.5' },
  { changePercent: '1000000' },
  { volumeShares: 2 ** 63 },
  { tradeDate: '0000-01-01' },
  { tradeDate: '1989-12-31' },
];

describe('a row that cannot be stored', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await createTestDatabase();
  });
  afterEach(() => database.owner.query('TRUNCATE stock, stock_data, quarantine, ingest_run'));
  afterAll(() => database.drop());

  const load = (source: FakeSource) =>
    ingest(
      ingestContext(database.pool, { access: accessTo(source), priority }),
      { dataset: 'daily', source: 'tushare', symbols: null, start: '1989-01-01', end: '2024-01-02' },
      { jobId: undefined, signal: new AbortController().signal },
    );

  test.each(unstorable)('%j is in quarantine, and the day is stored', async (changes) => {
    const odd = bar({ symbol: '000001.SZ', ...changes });
    const source = fakeSource('tushare', 'daily', 'whole', async () => [bar(), odd]);
    expect(await load(source)).toMatchObject({ inserted: 1, quarantined: 1 });
    const { rows } = await database.pool.query('SELECT symbol FROM quarantine');
    expect(rows).toEqual([{ symbol: '000001.SZ' }]);
  });

  test('is kept as it was, as far as the database can', async () => {
    const odd = { code: `${'9'.repeat(5000)}\0\ud800`, 'na\0me': 'C:\\u0000', price: '1e3' };
    const source = fakeSource('tushare', 'daily', 'whole', async () => ({
      rows: [bar()],
      refused: [
        ...readRows([odd], {}, (row) => symbolIn(row, 'code')).refused,
        ...readRows([odd], { symbol: 'price' }, (row) => decimalIn(row, 'price')).refused,
        { symbol: '9'.repeat(5000), day: '2024-02-31', rule: 'unknown_value', reason: '\0'.repeat(5000), row: odd },
      ],
    }));
    expect(await load(source)).toMatchObject({ inserted: 1, quarantined: 3 });
    const { rows } = await database.pool.query(`SELECT rule, row FROM quarantine ORDER BY id`);
    expect(rows).toHaveLength(3);
    const kept = { code: `${'9'.repeat(5000)}\ufffd\ufffd`, 'na\ufffdme': 'C:\\u0000', price: '1e3' };
    for (const { row } of rows) expect(row).toEqual(kept);
  });
});
