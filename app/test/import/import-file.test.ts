import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { stringify } from 'csv-stringify/sync';
import fc from 'fast-check';
import { CsvFormatError } from '../../src/import/csv-records';
import { bar } from '../support/bars';
import { createTestDatabase, type TestDatabase } from '../support/database';
import { good, header, loadContent, rowWith } from '../support/import';
import { storeBars } from '../support/ingest';

describe('importing a file', () => {
  let database: TestDatabase;
  let folder: string;
  let rejectsFile: string;
  beforeAll(async () => {
    database = await createTestDatabase();
    folder = mkdtempSync(path.join(tmpdir(), 'stock-analysis-import-'));
    rejectsFile = path.join(folder, 'rejects.csv');
  });
  afterEach(async () => {
    await database.owner.query('TRUNCATE stock_data, stock, symbol_alias, trading_calendar');
    for (const name of readdirSync(folder)) rmSync(path.join(folder, name));
  });
  afterAll(async () => {
    rmSync(folder, { recursive: true });
    await database.drop();
  });

  type Options = Partial<Parameters<typeof loadContent>[2]>;
  const load = (content: Buffer | string, options: Options = {}) =>
    loadContent(database, content, { rejectsFile, ...options });
  const rejected = () => readFileSync(rejectsFile, 'utf8').trimEnd().split('\n').slice(1);
  const stored = async (columns = '*') =>
    (await database.pool.query(`SELECT ${columns} FROM stock_data ORDER BY symbol, trade_date`)).rows;

  test('turns lots into shares and thousand yuan into yuan', async () => {
    expect(await load(`${header}\n${good}\n`)).toMatchObject({
      read: 1,
      accepted: 1,
      rejected: 0,
      rejectsFile: null,
      inserted: 1,
      updated: 0,
      unchanged: 0,
      changedSymbols: ['600000.SH'],
    });
    expect(await stored('volume, amount, close, pre_close, source')).toEqual([
      { volume: '52515277', amount: '525677927.00', close: '10.2000', pre_close: '10.0000', source: 'tushare' },
    ]);
    expect(readdirSync(folder)).toEqual([]);
  });

  test.each([
    ['gzip', gzipSync(`${header}\n${good}\n`)],
    ['gzip in two parts', Buffer.concat([gzipSync(`${header}\n`), gzipSync(`${good}\n`)])],
    ['Windows line ends', `${header}\r\n${good}\r\n`],
    ['a byte order mark', `\uFEFF${header}\n${good}\n`],
    ['quoted fields', `${header}\n${good.replace(/[^,]+/g, '"$&"')}\n`],
    ['a quoted header with Windows line ends', `${header.replace(/[^,]+/g, '"$&"')}\r\n${good}\r\n`],
    ['no line break at the end', `${header}\n${good}`],
    ['quoted fields and no line break at the end', `${header}\n${good.replace(/[^,]+/g, '"$&"')}`],
    ['blank lines', `${header}\n\n${good}\n\r\n`],
    ['a quoted comma in a column that is not needed', `name,${header}\n"Sample Bank Co., Ltd.",${good}\n`],
    ['a quoted line break in a column that is not needed', `name,${header}\n"Sample\r\nBank ""A""",${good}\n`],
    ['Chinese in a column that is not needed', `name,${header}\n浦发银行,${good}\n`],
    ['days with dashes', `${header}\n${rowWith({ trade_date: '2024-01-02' })}\n`],
    ['days as pandas writes them in a column with gaps', `${header}\n${rowWith({ trade_date: '20240102.0' })}\n`],
    ['days with a time', `${header}\n${rowWith({ trade_date: '2024-01-02 00:00:00' })}\n`],
    [
      'other columns and another order',
      `,amount,vol,pct_chg,change,pre_close,close,low,high,open,trade_date,ts_code\n0,${good.split(',').reverse().join(',')}\n`,
    ],
  ])('reads %s', async (_, content) => {
    for (const chunkBytes of [1, 7, 4096])
      expect(await load(content, { chunkBytes })).toMatchObject({ read: 1, accepted: 1 });
    expect(await stored('symbol, trade_date, open, amount')).toEqual([
      { symbol: '600000.SH', trade_date: '2024-01-02', open: '10.0000', amount: '525677927.00' },
    ]);
  });

  test.each(['', 'NaN', 'nan', 'None', 'NaT', '<NA>', 'NA', 'null'])(
    'takes %j in a column that may be empty for empty',
    async (text) => {
      await load(`${header}\n${rowWith({ pre_close: text, change: text, pct_chg: text })}\n`);
      expect(await stored('pre_close, change, pct_chg')).toEqual([{ pre_close: null, change: null, pct_chg: null }]);
    },
  );

  test('writes nothing the second time', async () => {
    await load(`${header}\n${good}\n`);
    expect(await load(`${header}\n${good}\n`)).toMatchObject({ inserted: 0, updated: 0, unchanged: 1 });
  });

  test('puts each bad row into the rejects file with its line, the rule and the reason, and stores the rest', async () => {
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
      '600000.SH,2024"0110,1,1,1,1,1,0,0,1,0.1',
      '600000.SH,20240110,1,1,1,1,,,,0,0',
    ];
    expect(await load(`${header}\n${rows.join('\n')}\n`)).toMatchObject({
      read: 13,
      accepted: 2,
      rejected: 11,
      rejectsFile,
      rejectsWritten: 11,
    });
    expect(rejected()).toEqual([
      `3,unknown_symbol,"'AAPL' is not a stock symbol; write it as 000001.SZ, 600000.SH or 920163.BJ","${rows[1]}"`,
      `4,not_a_day,"trade_date ""20240230"" is not a day; write it as 20240102 or 2024-01-02","${rows[2]}"`,
      `5,future_date,"2024-07-01 is in the future; today in Shanghai is 2024-06-28","${rows[3]}"`,
      `6,before_first_year,"1989-12-31 is before 1990","${rows[4]}"`,
      `7,price_order,"high 0.9 is below open 1 or close 1","${rows[5]}"`,
      `8,wrong_number_of_fields,"has 5 fields, the header has 11","${rows[6]}"`,
      `9,not_a_number,"vol is empty","${rows[7]}"`,
      `10,not_a_number,"amount is empty","${rows[8]}"`,
      `11,not_a_number,"vol ""many"" is not a number","${rows[9]}"`,
      `12,duplicate,"an earlier row already has 600000.SH on 2024-01-02","${rows[10]}"`,
      `13,misplaced_quote,"has a quote inside a field; put the whole field in quotes, and double those in it","600000.SH,2024""0110,1,1,1,1,1,0,0,1,0.1"`,
    ]);
  });

  test.each([
    [{ vol: ' ' }, 'not_a_number', 'vol "" "" is not a number'],
    [{ vol: '0x1F' }, 'not_a_number', 'vol ""0x1F"" is not a number'],
    [{ vol: '1e3' }, 'not_a_number', 'vol ""1e3"" is not a number'],
    [{ close: '+10.2' }, 'not_a_number', 'close ""+10.2"" is not a number'],
    [{ amount: '"525,677.927"' }, 'not_a_number', 'amount ""525,677.927"" is not a number'],
    [{ amount: '91200000000000000' }, 'out_of_range', 'amount 91200000000000000000 is out of range'],
    [{ pct_chg: '12345678.9' }, 'out_of_range', 'pct_chg 12345678.9 is out of range'],
    [{ vol: '99999999999999999' }, 'volume_negative', 'volume 9999999999999999999 is not a number of shares from 0'],
    [{ pre_close: '-7.28' }, 'positive_price', 'pre_close -7.28 is not a price from 0.0001 to 99999999.9999'],
    [{ pre_close: '-0.0001' }, 'positive_price', 'pre_close -0.0001 is not a price'],
    [{ pre_close: '0.00000001' }, 'positive_price', 'pre_close 0.00000001 is not a price'],
    [{ vol: '52515277', amount: '525677927' }, 'unit_check', 'amount 525677927000 by volume 5251527700 is not'],
    [{ amount: '525677927' }, 'unit_check', 'amount 525677927000 by volume 52515277 is not'],
    [{ vol: '52515277' }, 'unit_check', 'amount 525677927 by volume 5251527700 is not'],
    [{ vol: '0' }, 'unit_check', 'amount 525677927 by volume 0 is not'],
    [{ amount: '0' }, 'unit_check', 'amount 0 by volume 52515277 is not'],
    [{ ts_code: '900901.SH', vol: '52515277', amount: '525677927' }, 'unit_check', 'by volume 5251527700 is not'],
    [{ ts_code: '201872.SZ', vol: '52515277', amount: '525677927' }, 'unit_check', 'by volume 5251527700 is not'],
    [{ open: '5', high: '5.25', low: '4.9', close: '5.1' }, 'unit_check', 'is not between low 4.9 and high 5.25'],
    [{ open: '-0.2', high: '-0.1', low: '-0.3', close: '-0.2' }, 'positive_price', 'open -0.2 is not a price'],
    [
      { open: '100', high: '105', low: '98', close: '102', pre_close: '100' },
      'unit_check',
      'is not between low 98 and high 105',
    ],
  ])('rejects %j as %s and stores the other row', async (changes, rule, reason) => {
    const odd = rowWith({ trade_date: '20240103', ...changes });
    expect(await load(`${header}\n${good}\n${odd}\n`)).toMatchObject({ inserted: 1, rejected: 1 });
    const [line] = rejected();
    expect(line?.split(',').slice(0, 2)).toEqual(['3', rule]);
    // Numbers beyond 2^53 are shown as JavaScript has them.
    expect(line?.replace('10000000000000000000', '9999999999999999999')).toContain(reason);
  });

  test('does not take rows in other units over right ones, unless asked to', async () => {
    await load(`${header}\n${good}\n`);
    const inShares = `${header}\n${rowWith({ vol: '52515277', amount: '525677927' })}\n`;
    const refused = await load(inShares);
    expect(refused).toMatchObject({ inserted: 0, updated: 0, rejected: 1 });
    expect(refused.rejectedBy.toJSON()).toEqual({ unit_check: 1 });
    expect(await stored('volume')).toEqual([{ volume: '52515277' }]);
    const taken = await load(inShares, { tolerated: ['unit_check'] });
    expect(taken).toMatchObject({ updated: 1, rejected: 0 });
    expect(taken.toleratedBy.toJSON()).toEqual({ unit_check: 1 });
  });

  describe('of days on which the exchanges did not trade', () => {
    const closed = `${header}\n${good}\n${rowWith({ trade_date: '20240107' })}\n${rowWith({ trade_date: '20240501' })}\n`;
    const close = (source: string) =>
      database.pool.query(
        `INSERT INTO trading_calendar (day, is_open, source)
         VALUES ('2024-01-02', true, $1), ('2024-01-07', false, $1), ('2024-05-01', false, $1)`,
        [source],
      );

    test('rejects them, as from a source', async () => {
      await close('tushare');
      expect((await load(closed)).rejectedBy.toJSON()).toEqual({ not_a_trading_day: 2 });
      expect(await stored('trade_date')).toEqual([{ trade_date: '2024-01-02' }]);
    });

    test('stores them when asked to, and counts them', async () => {
      await close('tushare');
      const result = await load(closed, { tolerated: ['not_a_trading_day'] });
      expect(result.toleratedBy.toJSON()).toEqual({ not_a_trading_day: 2 });
      expect(await stored('trade_date')).toHaveLength(3);
    });

    test('does not believe the calendar of invented stocks', async () => {
      await close('sample');
      expect((await load(closed)).rejectedBy.toJSON()).toEqual({ not_a_trading_day: 1 });
      expect(await stored('trade_date')).toEqual([{ trade_date: '2024-01-02' }, { trade_date: '2024-05-01' }]);
    });

    test.each([
      ['600000.SH', '20240106', 1],
      ['600000.SH', '2024-01-06T16:00:00Z', 1],
      ['920163.BJ', '2021-11-14 00:00:00', 1],
      ['600601.SH', '19921004', 1],
      ['000002.SZ', '19921004', 0],
      ['600000.SH', '20240108', 0],
    ])('knows weekends without any calendar: %s on %s, %i rejected', async (symbol, day, count) => {
      const result = await load(`${header}\n${rowWith({ ts_code: symbol, trade_date: day })}\n`);
      expect(result).toMatchObject({ inserted: 1 - count, rejected: count });
      expect(result.rejectedBy.of('not_a_trading_day')).toBe(count);
    });
  });

  test('counts what is unusual but happens', async () => {
    const result = await load(`${header}\n${rowWith({ pre_close: '4' })}\n`);
    expect(result).toMatchObject({ inserted: 1, rejected: 0 });
    expect(result.unusualBy.toJSON()).toEqual({ price_limit: 1, step_change: 1 });
  });

  test('tells every day of a stock from every other', async () => {
    const days: string[] = [];
    for (let time = Date.UTC(2020, 0, 1); time < Date.UTC(2024, 0, 1); time += 86_400_000) {
      days.push(new Date(time).toISOString().slice(0, 10).replaceAll('-', ''));
    }
    const rows = days.map((day) => rowWith({ trade_date: day }));
    const result = await load(`${header}\n${rows.join('\n')}\n`, {
      chunkBytes: 65536,
      tolerated: ['not_a_trading_day'],
    });
    expect(result).toMatchObject({ accepted: 1461, rejected: 0 });
  });

  test('stores a renumbered stock under its new symbol', async () => {
    await database.pool.query(`INSERT INTO symbol_alias VALUES ('430047.BJ', '920047.BJ', '2025-10-09', 'tushare')`);
    await load(`${header}\n${rowWith({ ts_code: '430047.BJ' })}\n`);
    expect(await stored('symbol')).toEqual([{ symbol: '920047.BJ' }]);
  });

  test.each([
    ['akshare', ['tushare', 'akshare'], 'tushare'],
    ['akshare', ['akshare', 'tushare'], 'akshare'],
    ['akshare', ['akshare'], 'akshare'],
    ['sample', ['sample'], 'tushare'],
  ] as const)('meets a row of %s in the order %j: that of %s stays', async (source, priority, left) => {
    await storeBars(database.pool, source, [bar({ close: '10.10' })]);
    await load(`${header}\n${good}\n`, { priority });
    expect(await stored('source')).toEqual([{ source: left }]);
  });

  test('leaves a rejects file that exists alone when nothing is rejected', async () => {
    writeFileSync(rejectsFile, 'old');
    await load(`${header}\n${good}\n`);
    expect(readFileSync(rejectsFile, 'utf8')).toBe('old');
  });

  test('looks at everything and stores nothing when it is a trial', async () => {
    const result = await load(`${header}\n${good}\n${rowWith({ vol: 'x' })}\n`, { isTrial: true });
    expect(result).toMatchObject({ inserted: 1, rejected: 1, rejectsFile });
    expect(await stored()).toEqual([]);
    expect(rejected()).toHaveLength(1);
  });

  test('stores nothing, and leaves no file, when something fails at the end', async () => {
    const loading = load(`${header}\n${good}\n${rowWith({ vol: 'x' })}\n`, {
      beforeCommit: () => Promise.reject(new Error('changed')),
    });
    await expect(loading).rejects.toThrow('changed');
    expect(await stored()).toEqual([]);
    expect(readdirSync(folder)).toEqual([]);
  });

  test('stores nothing where the first rejected row cannot be written', async () => {
    const loading = loadContent(database, `${header}\n${good}\n${rowWith({ vol: 'x' })}\n`, {
      rejectsFile: undefined,
      importedFile: '/no-such-folder/daily.csv',
    });
    await expect(loading).rejects.toThrow(
      "cannot write '/no-such-folder/daily.csv.rejects.csv': no such file or directory",
    );
    expect(await stored()).toEqual([]);
  });

  test('loses no row, whatever the file holds', async () => {
    const field = fc.oneof(
      fc.constantFrom('', '-', '1', '0', '1e5', 'NaN', '12345678901234567890', '1,2', '"', ' ', 'constructor'),
      fc.string(),
      fc.string({ unit: 'binary' }).map((text) => text.replaceAll('\0', '')),
    );
    const row = fc.oneof(
      { weight: 1, arbitrary: fc.array(field, { minLength: 2, maxLength: 15 }) },
      { weight: 2, arbitrary: fc.array(field, { minLength: 11, maxLength: 11 }) },
      {
        weight: 2,
        arbitrary: fc
          .record({
            day: fc.integer({ min: 1, max: 31 }),
            low: fc.integer({ min: -1, max: 5 }),
            high: fc.integer({ min: 0, max: 9 }),
          })
          .map(({ day, low, high }) => {
            const date = `202401${String(day).padStart(2, '0')}`;
            return ['600000.SH', date, '5', `${high}`, `${low}`, '5', '', '', '', '1', '0.5'];
          }),
      },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(row, { maxLength: 30 }), fc.constantFrom(1, 5, 4096), async (rows, chunkBytes) => {
        await database.pool.query('DELETE FROM stock_data');
        const content = stringify([header.split(','), ...rows], { record_delimiter: '\n' });
        const result = await load(content, { chunkBytes });
        expect(result.read).toBe(rows.length);
        expect(result.accepted + result.rejected).toBe(result.read);
        expect(result.inserted + result.updated + result.unchanged).toBe(result.accepted);
        expect(await stored()).toHaveLength(result.accepted);
        expect(result.rejectsWritten).toBe(result.rejected);
      }),
      { numRuns: 40 },
    );
  });

  test.each([
    ['\n\n', 'the file has empty lines only'],
    ['symbol,date\n', 'the header lacks ts_code, trade_date, open'],
    [good, 'the first line must name the columns ts_code,trade_date'],
    [header.replaceAll(',', ';'), 'its fields are separated by semicolons'],
    [`${header.replaceAll(',', '\t')}\n`, 'its fields are separated by tabs'],
    [`${header}\r${good}\r`, 'its lines end with CR alone'],
    [`${header},vol\n${good},1\n`, "the header names the column 'vol' twice"],
    [`"ts_code"x,${header}\n`, 'the header has a quote where none may be'],
    [`${header}\n${good}\n"600000.SH,20240103\n${good}\n`, 'the quote that opens a field in line 3 is not closed'],
    [`${header}\n${'9'.repeat(70_000)}`, 'what begins in line 2 has more than 65536 characters'],
    [`${header}\n"${`${good}\n`.repeat(1000)}`, 'what begins in line 2 has more than 65536 characters'],
  ])('refuses %.100j as a whole', async (content, reason) => {
    const importing = load(content);
    await expect(importing).rejects.toThrow(CsvFormatError);
    await expect(importing).rejects.toThrow(reason);
    expect(await stored()).toEqual([]);
    expect(readdirSync(folder)).toEqual([]);
  });
});
