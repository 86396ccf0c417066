import { execFileSync, spawn } from 'node:child_process';
import {
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { Command } from 'commander';
import { addData } from '../../src/cli/data';
import { addImport } from '../../src/cli/import';
import { sql } from '../../src/database/sql';
import { UsageError } from '../../src/runtime/usage-error';
import { bar } from '../support/bars';
import { compiledProgram } from '../support/compiled';
import { createTestDatabase, type TestDatabase } from '../support/database';
import { good, header, rowWith } from '../support/import';
import { storeBars } from '../support/ingest';

const program = compiledProgram('stock.js');
const bad = rowWith({ trade_date: '20240103', vol: '0x1F' });

describe('the commands for files', () => {
  let database: TestDatabase;
  let folder: string;
  beforeAll(async () => {
    database = await createTestDatabase();
    Object.assign(process.env, database.environment);
  });
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'stock-analysis-files-'));
    process.chdir(folder);
  });
  afterEach(async () => {
    process.chdir(__dirname);
    rmSync(folder, { recursive: true });
    await database.owner.query('TRUNCATE stock_data, stock, adjustment_factor');
  });
  afterAll(async () => {
    for (const key of Object.keys(database.environment)) delete process.env[key];
    await database.drop();
  });

  const stored = async () =>
    (await database.pool.query<{ count: number }>(sql`SELECT count(*)::int FROM stock_data`)).rows[0]?.count;

  /** Runs a command in this process. */
  async function stock(...args: string[]): Promise<{ stdout: string; stderr: string; exitCode: unknown }> {
    const root = new Command('stock').exitOverride();
    addImport(root);
    addData(root);
    const write = jest.spyOn(process.stdout, 'write').mockReturnValue(true);
    const outcome = { stderr: '', exitCode: 0 as unknown };
    try {
      await root.parseAsync(args, { from: 'user' });
      outcome.exitCode = process.exitCode ?? 0;
    } catch (error) {
      outcome.stderr = (error as Error).message;
      outcome.exitCode = error instanceof UsageError ? 2 : 1;
    }
    const stdout = write.mock.calls.map(([text]) => text).join('');
    write.mockRestore();
    process.exitCode = undefined;
    return { ...outcome, stdout };
  }

  /** Runs a line of a shell, in which "$@" is the program. */
  function shell(line: string) {
    const child = spawn('sh', ['-c', line, 'sh', process.execPath, program], { cwd: folder, env: process.env });
    const outcome = { stdout: '', stderr: '' };
    child.stdout.on('data', (chunk) => {
      outcome.stdout += chunk;
    });
    child.stderr.on('data', (chunk) => {
      outcome.stderr += chunk;
    });
    const ended = new Promise<typeof outcome & { exitCode: number | null }>((resolve) =>
      child.on('close', (exitCode) => resolve({ ...outcome, exitCode })),
    );
    return { child, ended };
  }

  test('import ends at once where rejected rows cannot be written, and stores nothing', async () => {
    writeFileSync('daily.csv', `${header}\n${good}\n${bad}\n`);
    const { exitCode, stderr } = await stock('import', 'daily.csv', '--rejects', '/no-such-folder/x.csv');
    expect(stderr).toBe("cannot write '/no-such-folder/x.csv': no such file or directory");
    expect(exitCode).toBe(1);
    expect(await stored()).toBe(0);
  });

  test.each([[], ['--overwrite']])('import touches nothing that --rejects names by mistake %j', async (...flags) => {
    writeFileSync('daily.csv', `${header}\n${good}\n`);
    linkSync('daily.csv', 'same.csv');
    symlinkSync('daily.csv', 'link.csv');
    mkdirSync('folder');
    const before = readdirSync(folder);
    for (const name of ['daily.csv', './daily.csv', 'same.csv', 'link.csv', 'folder', '/dev/null']) {
      const { exitCode, stderr } = await stock('import', 'daily.csv', '--rejects', name, ...flags);
      expect(stderr).toMatch(/^'.*' (?:is the file that is read|exists and is no regular file); name another/);
      expect(exitCode).toBe(2);
    }
    expect(readFileSync('daily.csv', 'utf8')).toBe(`${header}\n${good}\n`);
    expect(readdirSync(folder)).toEqual(before);
    expect(await stored()).toBe(0);
  });

  test('import knows the file that it reads as standard input', async () => {
    writeFileSync('daily.csv', `${header}\n${good}\n${bad}\n`);
    const { ended } = shell('"$@" import - --rejects daily.csv --overwrite < daily.csv');
    const { exitCode, stderr } = await ended;
    expect(stderr).toContain("'daily.csv' is the file that is read");
    expect(exitCode).toBe(2);
    expect(readFileSync('daily.csv', 'utf8')).toContain(bad);
  });

  test('import takes another name for its rejects while older ones are there', async () => {
    writeFileSync('daily.csv', `${header}\n${good}\n${bad}\n`);
    writeFileSync('daily.csv.rejects.csv', 'older');
    const { exitCode, stdout } = await stock('import', 'daily.csv');
    expect(stdout).toContain(
      'rejected rows, with the reason: daily.csv.rejects-2.csv\nrejected by rule: 1 not_a_number\n',
    );
    expect(exitCode).toBe(3);
    expect(readFileSync('daily.csv.rejects.csv', 'utf8')).toBe('older');
    expect(readFileSync('daily.csv.rejects-2.csv', 'utf8')).toContain('3,not_a_number,"vol ""0x1F"" is not a number"');
    const again = await stock('import', 'daily.csv', '--rejects', 'daily.csv.rejects.csv');
    expect(again.stderr).toContain("'daily.csv.rejects.csv' exists; name another file, or replace it with --overwrite");
    expect(readFileSync('daily.csv.rejects.csv', 'utf8')).toBe('older');
    await stock('import', 'daily.csv', '--rejects', 'daily.csv.rejects.csv', '--overwrite');
    expect(readFileSync('daily.csv.rejects.csv', 'utf8')).toContain('0x1F');
  });

  test('import calls a file that is cut off so, and says what else a file is', async () => {
    writeFileSync('cut.csv.gz', gzipSync(`${header}\n${good}\n`).subarray(0, 60));
    execFileSync('mkfifo', ['pipe']);
    const refusals: [string, number, string][] = [
      ['cut.csv.gz', 1, "'cut.csv.gz' is cut off or damaged: unexpected end of file; nothing was stored"],
      ['pipe', 2, "'pipe' is a pipe; name a CSV file"],
      ['/dev/zero', 2, "'/dev/zero' is a device"],
      ['.', 2, "'.' is a folder"],
      ['', 2, "cannot read ''"],
    ];
    for (const [name, code, reason] of refusals) {
      const { exitCode, stderr } = await stock('import', name);
      expect(stderr).toContain(reason);
      expect(stderr).not.toContain('    at ');
      expect(exitCode).toBe(code);
    }
    expect(readdirSync(folder).sort()).toEqual(['cut.csv.gz', 'pipe']);
  });

  test.each([
    ['cat /dev/zero | "$@" import -', 'standard input is binary data, not CSV text'],
    [`yes 999999999 | tr -d '\\n' | "$@" import -`, 'what begins in line 1 has more than 65536 characters'],
    ['echo "[{}]" | "$@" import -', 'standard input is JSON, not CSV text'],
    ['"$@" import - < /dev/null', 'standard input is empty'],
    ['"$@" import - < .', 'standard input is a folder'],
  ])('%s ends at once with the reason', async (line, reason) => {
    const { exitCode, stderr } = await shell(line).ended;
    expect(stderr).toContain(reason);
    expect(stderr).not.toContain('    at ');
    expect(exitCode).toBe(2);
    expect(readdirSync(folder)).toEqual([]);
  });

  test.each(['SIGINT', 'SIGTERM'] as const)('import ends by %s with nothing stored, nothing left', async (signal) => {
    const { child, ended } = shell('exec "$@" import - --rejects bad.csv');
    // Enough to tell that it is no other kind of file.
    child.stdin.write(`${header}\n${good}\n${`${bad}\n`.repeat(20)}`);
    const written = () => readdirSync(folder).some((name) => readFileSync(name).length > 0);
    for (let tries = 0; !written() && tries < 1000; tries++) await setTimeout(50);
    child.kill(signal);
    const { exitCode, stderr } = await ended;
    expect(stderr).toBe('stock: interrupted; nothing was stored\n');
    expect(exitCode).toBe(1);
    expect(readdirSync(folder)).toEqual([]);
    expect(await stored()).toBe(0);
  });

  test('import stores a file that is imported twice at once only once', async () => {
    writeFileSync('daily.csv', `${header}\n${good}\n${bad}\n`);
    const { stdout } = await shell('"$@" import daily.csv --json & "$@" import daily.csv --json; wait').ended;
    const results = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(results.map(({ inserted }) => inserted).sort()).toEqual([0, 1]);
    expect(await stored()).toBe(1);
  });

  test('what was exported as traded can be imported, whole and with its sources', async () => {
    await storeBars(database.pool, 'akshare', [bar(), bar({ tradeDate: '2024-01-03', preClose: null })]);
    await storeBars(database.pool, 'sample', [bar({ symbol: '604981.SH' })]);
    const everything = sql`SELECT symbol, trade_date, open, high, low, close, pre_close, change, pct_chg, volume, amount, source
                           FROM stock_data ORDER BY symbol, trade_date`;
    const before = (await database.pool.query(everything)).rows;
    await stock('export', '--symbols', '600000.SH,604981.SH', '--output', 'bars.csv');
    await database.owner.query('TRUNCATE stock_data, stock');
    const { exitCode, stdout } = await stock('import', 'bars.csv', '--json');
    expect(JSON.parse(stdout)).toMatchObject({ read: 3, inserted: 3, rejected: 0 });
    expect(exitCode).toBe(0);
    expect((await database.pool.query(everything)).rows).toEqual(before);
    const stocks = await database.pool.query(sql`SELECT symbol, source FROM stock ORDER BY symbol`);
    expect(stocks.rows).toEqual([
      { symbol: '600000.SH', source: 'akshare' },
      { symbol: '604981.SH', source: 'sample' },
    ]);
  });

  test('what was exported otherwise is refused with what to do', async () => {
    await storeBars(database.pool, 'tushare', [bar()]);
    await database.pool.query(sql`INSERT INTO adjustment_factor VALUES ('600000.SH', 'tushare', '2024-01-02', 2)`);
    const order = ['export', '--symbol', '600000.SH', '--from', '2024-01-02', '--to', '2024-01-02'];
    await stock(...order, '--adjust', 'hfq', '--output', 'adjusted.csv');
    await stock(...order, '--format', 'parquet', '--output', 'bars.parquet');
    await stock(...order, '--format', 'json', '--output', 'bars.json');
    expect(readdirSync(folder)).toHaveLength(3);
    const refusals = {
      'adjusted.csv': "'adjusted.csv': its prices are adjusted; export them as traded, with --adjust none",
      'bars.parquet': "'bars.parquet' is a Parquet file, not CSV text",
      'bars.json': "'bars.json' is JSON, not CSV text; write the table as CSV; `stock export` does by --format csv",
    };
    for (const [name, reason] of Object.entries(refusals)) {
      const { exitCode, stderr } = await stock('import', name);
      expect(stderr).toContain(reason);
      expect(exitCode).toBe(2);
    }
  });

  test('export replaces nothing that it was not told to', async () => {
    await storeBars(database.pool, 'tushare', [bar()]);
    writeFileSync('bars.csv', 'precious');
    const order = ['export', '--symbol', '600000.SH', '--output'];
    const refused = await stock(...order, 'bars.csv');
    expect(refused.stderr).toContain("'bars.csv' exists; name another file, or replace it with --overwrite");
    expect(refused.exitCode).toBe(2);
    const device = await stock(...order, '/dev/null', '--overwrite');
    expect(device.stderr).toContain("'/dev/null' exists and is no regular file");
    expect(readFileSync('bars.csv', 'utf8')).toBe('precious');
    expect((await stock(...order, 'bars.csv', '--overwrite')).exitCode).toBe(0);
    expect(readFileSync('bars.csv', 'utf8')).toContain('600000.SH,2024-01-02,10,10.5,9.8,10.2');
    expect(readdirSync(folder)).toEqual(['bars.csv']);
  });
});
