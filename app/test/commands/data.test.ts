import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Command, CommanderError } from 'commander';
import { parquetReadObjects } from 'hyparquet';
import { pino } from 'pino';
import { addData } from '../../src/cli/data';
import { addDatabase } from '../../src/cli/database';
import { addDoctor } from '../../src/cli/doctor';
import { readSessions } from '../../src/database/sessions';
import { startWorker } from '../../src/roles/worker';
import { readEnvironment } from '../../src/runtime/env';
import { UsageError } from '../../src/runtime/usage-error';
import { createTestDatabase, type TestDatabase } from '../support/database';
import { freePorts } from '../support/free-ports';

describe('the commands for data', () => {
  let database: TestDatabase;
  let folder: string;
  let environment: Record<string, string>;
  beforeAll(async () => {
    database = await createTestDatabase();
    folder = mkdtempSync(path.join(tmpdir(), 'stock-analysis-data-'));
    environment = { ...database.environment, SOURCE_PRIORITY: 'sample' };
    Object.assign(process.env, environment);
  });
  afterAll(async () => {
    for (const key of Object.keys(environment)) delete process.env[key];
    rmSync(folder, { recursive: true });
    await database.drop();
  });

  /** Runs a command in this process: what it prints, or why it fails. */
  async function stock(...args: string[]): Promise<{ stdout: string; error?: Error; exitCode: unknown }> {
    const program = new Command('stock').exitOverride().configureOutput({ writeErr: () => undefined });
    for (const add of [addData, addDatabase, addDoctor]) add(program);
    const write = jest.spyOn(process.stdout, 'write').mockReturnValue(true);
    const stdout = () => write.mock.calls.map(([text]) => text).join('');
    try {
      await program.parseAsync(args, { from: 'user' });
      return { stdout: stdout(), exitCode: process.exitCode };
    } catch (error) {
      return { stdout: stdout(), error: error as Error, exitCode: undefined };
    } finally {
      write.mockRestore();
      process.exitCode = undefined;
    }
  }
  const file = (name: string) => path.join(folder, name);

  test.each([
    [['backfill'], "required option '--from <day>' not specified"],
    [['backfill', '--from', '2024-02-30'], "'2024-02-30' is not a day; write it as 2024-01-31"],
    [['backfill', '--from', '2024-01-05', '--to', '2024-01-02'], 'start 2024-01-05 is after end 2024-01-02; swap them'],
    [['backfill', '--from', '2024-01-02', '--to', '2999-01-01'], 'end 2999-01-01 is in the future'],
    [['backfill', '--from', '2024-01-02', '--dataset', 'weather'], "'weather' is not a dataset; allowed: trade_cal"],
    [['backfill', '--from', '2024-01-02', '--dataset', 'trade_cal'], 'trade_cal has no history to fill'],
    [['backfill', '--from', '2024-01-02', '--symbols', '600000,AAPL'], "'AAPL' is not a stock symbol"],
    [['backfill', '--from', '2024-01-02', '--symbols-file', '/no/such'], "there is no file '/no/such'"],
    [['backfill', '--from', '2024-01-02', '--source', 'oracle'], 'Allowed choices are auto, tushare'],
    [['sync', 'weather'], "'weather' is not a dataset; allowed: trade_cal"],
    [['export', '--output', 'x.csv'], 'name the stocks with --symbol or --symbols'],
    [['export', '--symbol', '600000'], "required option '--output <file>' not specified"],
    [['export', '--symbol', '600000', '--output', 'x', '--format', 'xml'], 'Allowed choices are csv, json, parquet'],
    [['export', '--symbol', '600000', '--output', 'x', '--from', '2999-01-01'], '--from 2999-01-01 is after --to'],
    [['db', 'partition', 'ensure', '--year', '24'], "'24' is not a year; allowed: 1990 to 2100"],
  ])('%j is refused with the reason, and nothing is recorded', async (args, reason) => {
    const { error } = await stock(...args);
    expect(error?.message).toContain(reason);
    expect(error instanceof UsageError || (error instanceof CommanderError && error.exitCode === 1)).toBe(true);
    expect((await database.pool.query('SELECT FROM job')).rowCount).toBe(0);
    expect(existsSync('x')).toBe(false);
  });

  test('a file of symbols is read, or refused with the symbol that is none', async () => {
    writeFileSync(file('symbols.txt'), 'sh600000\n000001, 600000.SH\n');
    const { stdout } = await stock(
      'backfill',
      '--no-wait',
      '--from',
      '2024-01-02',
      '--to',
      '2024-01-05',
      '--dataset',
      'daily',
      '--symbols-file',
      file('symbols.txt'),
    );
    expect(stdout).toMatch(/^job [0-9a-f-]{36}\n$/);
    const { rows } = await database.pool.query('SELECT request FROM job WHERE parent_id IS NULL');
    expect(rows).toEqual([
      {
        request: {
          datasets: ['daily'],
          source: 'auto',
          symbols: ['000001.SZ', '600000.SH'],
          start: '2024-01-02',
          end: '2024-01-05',
        },
      },
    ]);
    await database.owner.query('TRUNCATE job CASCADE');
    writeFileSync(file('symbols.txt'), '600000\nAAPL\n');
    const { error } = await stock('backfill', '--from', '2024-01-02', '--symbols-file', file('symbols.txt'));
    expect(error?.message).toContain(`${file('symbols.txt')}: 'AAPL' is not a stock symbol`);
  });

  describe('with a worker', () => {
    let stopWorker: () => Promise<void>;
    beforeAll(async () => {
      const [port] = await freePorts(1);
      const settings = { ...environment, HTTP_HOST: '127.0.0.1', METRICS_PORT: String(port) };
      const worker = await startWorker(readEnvironment('worker', settings), pino({ level: 'silent' }));
      stopWorker = worker.close;
    });
    afterAll(() => stopWorker());

    test('sync loads what is missing, dataset by dataset, and then finds nothing new', async () => {
      const first = await stock('sync', 'stock_basic', 'trade_cal');
      expect(first.stdout).toMatch(
        /^trade_cal: \d{5} inserted, .* from sample\nstock_basic: 20 inserted, .* from sample\n$/,
      );
      const again = await stock('sync', 'stock_basic');
      expect(again.stdout).toBe('stock_basic: 0 inserted, 0 updated, 20 unchanged, 0 quarantined, from sample\n');
    });

    test('sync says what failed, with exit code 1', async () => {
      const { stdout, exitCode } = await stock('sync', 'stock_basic', '--source', 'wind');
      expect(stdout).toContain('stock_basic: failed: no source for stock_basic: set WIND_URL to use wind');
      expect(exitCode).toBe(1);
    });

    test('backfill loads history and says how much', async () => {
      const { stdout } = await stock('backfill', '--from', '2024-01-02', '--to', '2024-02-29');
      expect(stdout).toMatch(/^job [0-9a-f-]{36}\n6 of 6 parts loaded\n$/);
      const { rows } = await database.pool.query(
        'SELECT count(DISTINCT symbol)::int AS symbols, min(trade_date), max(trade_date) FROM stock_data',
      );
      expect(rows).toEqual([{ symbols: 20, min: '2024-01-02', max: '2024-02-29' }]);
    });

    test.each(['none', 'hfq', 'qfq'])('export with adjust %s gives the same rows in every form', async (adjust) => {
      const order = [
        'export',
        '--symbols',
        '604981.SH,003981.SZ',
        '--from',
        '2024-01-02',
        '--to',
        '2024-01-31',
        '--adjust',
        adjust,
        '--overwrite',
      ];
      for (const format of ['csv', 'json', 'parquet']) {
        const { stdout, error } = await stock(
          ...order,
          '--format',
          format,
          '--overwrite',
          '--output',
          file(`bars.${format}`),
        );
        expect(error).toBeUndefined();
        expect(stdout).toMatch(/ bytes\n$/);
      }
      const json = JSON.parse(readFileSync(file('bars.json'), 'utf8'));
      const [header, ...lines] = readFileSync(file('bars.csv'), 'utf8').trimEnd().split('\r\n');
      const parquet = await parquetReadObjects({ file: new Uint8Array(readFileSync(file('bars.parquet'))).buffer });
      expect(header).toMatch(/^symbol,trade_date,open,high,low,close,/);
      expect(lines.length).toBeGreaterThan(40);
      expect(json.map(({ symbol, trade_date, close }: Record<string, unknown>) => [symbol, trade_date, close])).toEqual(
        lines.map((line) => line.split(',')).map(([symbol, day, , , , close]) => [symbol, day, Number(close)]),
      );
      expect(parquet.map(({ symbol, close }) => [symbol, close])).toEqual(
        json.map(({ symbol, close }: Record<string, unknown>) => [symbol, close]),
      );
      expect(readdirSync(folder).filter((name) => name.endsWith('.part'))).toEqual([]);
    });

    test('export refuses unknown stocks and files that exist, and writes nothing', async () => {
      const unknown = await stock('export', '--symbols', '604981.SH,600000.SH', '--output', file('unknown.csv'));
      expect(unknown.error).toBeInstanceOf(UsageError);
      expect(unknown.error?.message).toContain('nothing is known of 600000.SH');
      expect(existsSync(file('unknown.csv'))).toBe(false);
      writeFileSync(file('mine.csv'), 'mine');
      const existing = await stock('export', '--symbol', '604981.SH', '--output', file('mine.csv'));
      expect(existing.error?.message).toContain('exists; name another file, or replace it with --overwrite');
      expect(readFileSync(file('mine.csv'), 'utf8')).toBe('mine');
    });

    test('export finds a stock by the symbol it had', async () => {
      await stock('sync', 'symbol_alias');
      const { error } = await stock('export', '--symbol', '838990.BJ', '--output', file('renumbered.csv'));
      expect(error).toBeUndefined();
      expect(readFileSync(file('renumbered.csv'), 'utf8')).toContain('920990.BJ,2024-01-02');
    });

    test('export refuses to adjust without factors, and leaves the old file as it is', async () => {
      writeFileSync(file('old.csv'), 'old');
      await database.pool.query("DELETE FROM adjustment_factor WHERE symbol = '604982.SH'");
      const { error } = await stock(
        'export',
        '--symbol',
        '604982.SH',
        '--from',
        '2024-01-02',
        '--to',
        '2024-01-31',
        '--adjust',
        'qfq',
        '--output',
        file('old.csv'),
        '--overwrite',
      );
      expect(error).toBeInstanceOf(UsageError);
      expect(error?.message).toContain('sample lacks 2024-01-02, ');
      expect(readFileSync(file('old.csv'), 'utf8')).toBe('old');
    });
  });

  describe('doctor', () => {
    const examine = async () => {
      const { stdout, exitCode } = await stock('doctor', '--json');
      const findings: { check: string; state: string; finding: string; advice?: string }[] = JSON.parse(stdout);
      return { exitCode, of: (check: string) => findings.find((finding) => finding.check === check) };
    };

    test('finds what is wrong, and says what to do', async () => {
      await database.pool.query(
        `INSERT INTO dead_letter (job_id, type, request, priority, attempts, error)
         VALUES (gen_random_uuid(), 'ingest', '{}', 5, 5, 'connection refused')`,
      );
      await database.asSuperuser(
        "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'idx_stock_data_date_symbol'::regclass",
      );
      const { exitCode, of } = await examine();
      expect(exitCode).toBe(1);
      expect(of('database')).toMatchObject({ state: 'ok', finding: expect.stringMatching(/^PostgreSQL \d+/) });
      expect(of('connections')).toMatchObject({ state: 'ok', finding: expect.stringMatching(/^\d+ of \d+, and no/) });
      expect(of('partitions')).toMatchObject({ state: 'ok' });
      expect(of('cache')).toMatchObject({ state: 'note', advice: 'set REDIS_URL' });
      expect(of('sources')).toMatchObject({ state: 'ok', finding: 'configured: sample' });
      expect(of('dead letters')).toMatchObject({ state: 'wrong', finding: 'jobs that failed for good: 2' });
      expect(of('indexes')).toMatchObject({ state: 'wrong', advice: 'stock db index ensure' });
    });

    test('is told by the database who is connected, and what runs for long', async () => {
      // The statement that asks runs itself, for longer than no time at all.
      const { count, most, long } = await readSessions(database.pool, -1);
      expect(count).toBeGreaterThan(0);
      expect(most).toBeGreaterThan(count);
      expect(long).toContainEqual({ application: expect.any(String), seconds: expect.any(Number) });
      expect((await readSessions(database.pool, 300)).long).toEqual([]);
    });

    test('finds a factor that is missing of one bar', async () => {
      await database.pool.query(
        `INSERT INTO stock_data (symbol, trade_date, open, high, low, close, volume, amount, source)
         SELECT '600000.SH', current_date - 5, 1, 1, 1, 1, 0, 0, 'tushare'`,
      );
      const { of } = await examine();
      expect(of('gaps')).toMatchObject({
        state: 'wrong',
        finding: expect.stringMatching(/adj_factor 1, the first of 600000\.SH on \d{4}-\d{2}-\d{2}/),
        advice: 'stock sync',
      });
    });

    test('prints a table whose columns line up', async () => {
      const lines = (await stock('doctor')).stdout.trimEnd().split('\n');
      const column = lines[0]?.indexOf('STATE') as number;
      for (const line of lines.slice(1)) expect(line.slice(column)).toMatch(/^(ok|note|wrong) /);
    });

    test('names schedules that are not set, a read-only database and a wrong password', async () => {
      const name = new URL(database.environment.DATABASE_URL).pathname.slice(1);
      await database.asSuperuser(`ALTER DATABASE ${name} SET default_transaction_read_only = on`);
      const readOnly = await examine();
      await database.asSuperuser(`ALTER DATABASE ${name} RESET default_transaction_read_only`);
      expect(readOnly.of('database')).toMatchObject({ state: 'wrong', finding: expect.stringContaining('read-only') });
      expect(readOnly.of('clock')).toMatchObject({ state: 'ok' });
      expect(readOnly.of('schedules')).toMatchObject({
        state: 'wrong',
        finding: expect.stringContaining('quotes (missing)'),
        advice: expect.stringContaining('start the scheduler'),
      });
      process.env.DATABASE_PASSWORD = 'wrong';
      try {
        expect((await examine()).of('database')).toMatchObject({
          state: 'wrong',
          finding: expect.stringContaining('password authentication failed'),
          advice: expect.stringContaining('DATABASE_PASSWORD'),
        });
      } finally {
        process.env.DATABASE_PASSWORD = environment.DATABASE_PASSWORD;
      }
    });

    test('looks at the rest when the database is away', async () => {
      process.env.DATABASE_URL = 'postgresql://stock@127.0.0.1:1/stockdb';
      try {
        const { exitCode, of } = await examine();
        expect(exitCode).toBe(1);
        expect(of('database')).toMatchObject({ state: 'wrong', finding: expect.stringContaining('ECONNREFUSED') });
        expect(of('queue')).toMatchObject({ state: 'ok' });
        expect(of('schema')).toBeUndefined();
      } finally {
        process.env.DATABASE_URL = environment.DATABASE_URL;
      }
    });

    test('names variables that are missing', async () => {
      delete process.env.QUEUE_URL;
      try {
        const { exitCode, of } = await examine();
        expect(exitCode).toBe(1);
        expect(of('environment')).toMatchObject({ state: 'wrong', finding: expect.stringContaining('QUEUE_URL') });
      } finally {
        process.env.QUEUE_URL = environment.QUEUE_URL;
      }
    });
  });
});
