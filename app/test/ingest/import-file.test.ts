import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { importFile } from '../../src/ingest/import-file';
import { CsvFormatError } from '../../src/ingest/tushare-csv';
import { createTestDatabase, type TestDatabase } from '../support/database';

const header = 'ts_code,trade_date,open,high,low,close,pre_close,change,pct_chg,vol,amount';
const good = '600000.SH,20240102,10,10.5,9.8,10.2,10,0.2,2,525152.77,460697.377';

describe('importing a Tushare file', () => {
  let database: TestDatabase;
  let folder: string;
  let rejectsFile: string;
  beforeAll(async () => {
    database = await createTestDatabase();
    folder = mkdtempSync(path.join(tmpdir(), 'stock-analysis-import-'));
    rejectsFile = path.join(folder, 'rejects.csv');
  });
  afterEach(() => database.pool.query('DELETE FROM stock_data'));
  afterAll(async () => {
    rmSync(folder, { recursive: true });
    await database.drop();
  });

  /** The content in chunks of the given size, as a file or a pipe might give them. */
  function load(content: Buffer | string, chunkBytes = 64) {
    const bytes = Buffer.from(content);
    const chunks = Array.from({ length: Math.ceil(bytes.length / chunkBytes) }, (_, index) =>
      bytes.subarray(index * chunkBytes, (index + 1) * chunkBytes),
    );
    return importFile(database.pool, {
      input: Readable.from(chunks),
      rejectsFile,
      today: '2024-06-28',
      onProgress: () => undefined,
    });
  }
  const rejected = () => readFileSync(rejectsFile, 'utf8').trimEnd().split('\n').slice(1);

  test('turns lots into shares and thousand yuan into yuan', async () => {
    expect(await load(`${header}\n${good}\n`)).toEqual({
      read: 1,
      accepted: 1,
      rejected: 0,
      rejectsFile: null,
      inserted: 1,
      updated: 0,
      unchanged: 0,
      changedSymbols: ['600000.SH'],
    });
    const { rows } = await database.pool.query('SELECT volume, amount, close, pre_close, source FROM stock_data');
    expect(rows).toEqual([
      { volume: '52515277', amount: '460697377.00', close: '10.2000', pre_close: '10.0000', source: 'tushare' },
    ]);
    expect(existsSync(rejectsFile)).toBe(false);
  });

  test.each([
    ['gzip', gzipSync(`${header}\n${good}\n`)],
    ['Windows line ends', `${header}\r\n${good}\r\n`],
    ['a byte order mark', `\uFEFF${header}\n${good}\n`],
    ['quoted fields', `${header}\n${good.replace(/[^,]+/g, '"$&"')}\n`],
    ['no line break at the end', `${header}\n${good}`],
    ['blank lines', `${header}\n\n${good}\n\n`],
    [
      'other columns and another order',
      `,amount,vol,pct_chg,change,pre_close,close,low,high,open,trade_date,ts_code\n0,${good.split(',').reverse().join(',')}\n`,
    ],
  ])('reads %s', async (_, content) => {
    for (const chunkBytes of [1, 7, 4096])
      expect(await load(content, chunkBytes)).toMatchObject({ read: 1, accepted: 1 });
  });

  test('writes nothing the second time', async () => {
    await load(`${header}\n${good}\n`);
    expect(await load(`${header}\n${good}\n`)).toMatchObject({ inserted: 0, updated: 0, unchanged: 1 });
  });

  test('puts each bad row into the rejects file with its line and the reason, and stores the rest', async () => {
    const rows = [
      good,
      'AAPL,20240102,1,1,1,1,1,0,0,1,1',
      '600000.SH,20240230,1,1,1,1,1,0,0,1,1',
      '600000.SH,20240701,1,1,1,1,1,0,0,1,1',
      '600000.SH,19891231,1,1,1,1,1,0,0,1,1',
      '600000.SH,20240103,1,0.9,1,1,1,0,0,1,1',
      '600000.SH,20240104,1,1,1',
      '600000.SH,20240105,1,1,1,1,1,0,0,,1',
      '600000.SH,20240108,1,1,1,1,1,0,0,1,',
      '600000.SH,20240109,1,1,1,1,1,0,0,many,1',
      good,
      '600000.SH,20240110,1,1,1,1,,,,0,0',
    ];
    expect(await load(`${header}\n${rows.join('\n')}\n`)).toMatchObject({
      read: 12,
      accepted: 2,
      rejected: 10,
      rejectsFile,
    });
    expect(rejected()).toEqual([
      `3,"'AAPL' is not a stock symbol; write it as 000001.SZ, 600000.SH or 920163.BJ","${rows[1]}"`,
      `4,"trade_date '20240230' is not a day written as YYYYMMDD","${rows[2]}"`,
      `5,"trade_date 20240701 is in the future; today in Shanghai is 2024-06-28","${rows[3]}"`,
      `6,"trade_date 19891231 is before 1990","${rows[4]}"`,
      `7,"high 0.9 is below open 1 or close 1","${rows[5]}"`,
      `8,"has 5 fields, the header has 11","${rows[6]}"`,
      `9,"vol is empty","${rows[7]}"`,
      `10,"amount is empty","${rows[8]}"`,
      `11,"volume NaN is not a number of shares from 0","${rows[9]}"`,
      `12,"an earlier row already has 600000.SH on 20240102","${rows[10]}"`,
    ]);
  });

  test('tells every day of a stock from every other', async () => {
    const days: string[] = [];
    for (let time = Date.UTC(2020, 0, 1); time < Date.UTC(2024, 0, 1); time += 86_400_000) {
      days.push(new Date(time).toISOString().slice(0, 10).replaceAll('-', ''));
    }
    const rows = days.map((day) => `600000.SH,${day},1,1,1,1,1,0,0,1,1`);
    expect(await load(`${header}\n${rows.join('\n')}\n`, 65536)).toMatchObject({ accepted: 1461, rejected: 0 });
  });

  test('stores a renumbered stock under its new symbol', async () => {
    await database.pool.query(`INSERT INTO symbol_alias VALUES ('430047.BJ', '920047.BJ', '2025-10-09', 'tushare')`);
    await load(`${header}\n${good.replace('600000.SH', '430047.BJ')}\n`);
    expect((await database.pool.query('SELECT symbol FROM stock_data')).rows).toEqual([{ symbol: '920047.BJ' }]);
  });

  test('removes the rejects file of an earlier import', async () => {
    writeFileSync(rejectsFile, 'old');
    await load(`${header}\n${good}\n`);
    expect(existsSync(rejectsFile)).toBe(false);
  });

  test('loses no row, whatever the file holds', async () => {
    const field = fc.oneof(
      fc.constantFrom('', '-', '1', '0', '1e5', 'NaN', '12345678901234567890', '1,2', '"', ' '),
      fc.string(),
    );
    const row = fc.oneof(
      { weight: 1, arbitrary: fc.string() },
      { weight: 2, arbitrary: fc.array(field, { minLength: 11, maxLength: 11 }).map((fields) => fields.join(',')) },
      {
        weight: 2,
        arbitrary: fc
          .record({
            day: fc.integer({ min: 1, max: 31 }),
            low: fc.integer({ min: -1, max: 5 }),
            high: fc.integer({ min: 0, max: 9 }),
          })
          .map(({ day, low, high }) => `600000.SH,202401${String(day).padStart(2, '0')},5,${high},${low},5,,,,1,1`),
      },
    );
    const rowsOfFile = fc
      .array(
        row.map((text) => text.replace(/[\r\n]/g, ' ')),
        { maxLength: 30 },
      )
      .map((rows) => rows.filter((text) => text !== ''));
    await fc.assert(
      fc.asyncProperty(rowsOfFile, async (rows) => {
        await database.pool.query('DELETE FROM stock_data');
        const result = await load([header, ...rows].join('\n'));
        expect(result.read).toBe(rows.length);
        expect(result.accepted + result.rejected).toBe(result.read);
        expect(result.inserted + result.updated + result.unchanged).toBe(result.accepted);
        const { rows: stored } = await database.pool.query<{ count: number }>('SELECT count(*)::int FROM stock_data');
        expect(stored[0]?.count).toBe(result.accepted);
        if (result.rejected > 0) expect(rejected()).toHaveLength(result.rejected);
      }),
      { numRuns: 40 },
    );
  });

  test.each([
    ['', 'the file is empty'],
    ['symbol,date\n', 'the header lacks ts_code, trade_date, open'],
    [good, 'the first line must name the columns ts_code,trade_date'],
  ])('refuses %j as a whole', async (content, reason) => {
    const importing = load(content);
    await expect(importing).rejects.toThrow(CsvFormatError);
    await expect(importing).rejects.toThrow(reason);
  });

  test('stores nothing of a compressed file that breaks off', async () => {
    const content = gzipSync(`${header}\n${good}\n`);
    await expect(load(content.subarray(0, content.length - 12))).rejects.toThrow('unexpected end of file');
    expect((await database.pool.query('SELECT FROM stock_data')).rowCount).toBe(0);
  });
});
