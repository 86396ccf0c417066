import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { findApiKey } from '../src/access/api-key';
import { migrationNames } from '../src/database/migration-files';
import { ownerRole, readRole } from '../src/database/roles';
import { secretKey } from './support/api';
import { compiledProgram } from './support/compiled';
import { createTestDatabase, type TestDatabase } from './support/database';
import { freePorts } from './support/free-ports';

const program = compiledProgram('stock.js');

interface Outcome {
  exitCode: number | null;
  stdout: string;
  stderr: string;
}

/** Runs the command with nothing but the given variables in its environment. */
function stock(args: string[], environment: Record<string, string> = {}, input = ''): Promise<Outcome> {
  const child = spawn(process.execPath, [program, ...args], {
    env: { PATH: process.env.PATH, ...environment },
  });
  const outcome: Outcome = { exitCode: null, stdout: '', stderr: '' };
  child.stdout.on('data', (chunk) => {
    outcome.stdout += chunk;
  });
  child.stderr.on('data', (chunk) => {
    outcome.stderr += chunk;
  });
  child.stdin.end(input);
  return new Promise((resolve) => child.on('close', (exitCode) => resolve({ ...outcome, exitCode })));
}

describe('the command line', () => {
  let database: TestDatabase;
  let folder: string;
  let environment: Record<string, string>;
  let asOwner: Record<string, string>;
  let asReader: Record<string, string>;
  beforeAll(async () => {
    database = await createTestDatabase();
    folder = mkdtempSync(path.join(tmpdir(), 'stock-analysis-cli-'));
    environment = { ...database.environment, SECRET_KEY: secretKey };
    asOwner = database.environmentOf(ownerRole);
    asReader = { ...database.environmentOf(readRole), SECRET_KEY: secretKey };
  });
  afterAll(async () => {
    rmSync(folder, { recursive: true });
    await database.drop();
  });

  test('teaches itself, with examples, variables and exit codes', async () => {
    const { exitCode, stdout } = await stock(['--help']);
    expect(exitCode).toBe(0);
    for (const text of ['Examples:', 'Exit codes:', 'DATABASE_URL', 'read by: api, worker', 'scheduler']) {
      expect(stdout).toContain(text);
    }
  });

  test('refuses bad input with exit code 2 and the reason', async () => {
    const { QUEUE_URL, ...withoutQueue } = environment;
    const refusals: [string[], string][] = [
      [['serve'], "unknown command 'serve'"],
      [
        ['apikey', 'create', '--name', 'x', '--scopes', 'read,fly'],
        "'fly' is not a scope; allowed: read, write, admin",
      ],
      [
        ['apikey', 'create', '--name', 'x', '--scopes', 'read', '--requests-per-minute', '0'],
        "'0' is not allowed; allowed: a whole number from 1",
      ],
      [['migrate', '--wait', 'long'], 'allowed: a whole number of seconds from 0'],
      [['worker'], 'QUEUE_URL: is not set; allowed: redis://HOST:PORT/DB'],
      [['jobs', 'submit', 'dance'], 'Allowed choices are ingest, backfill'],
      [['dlq', 'replay'], 'name a dead letter, or give --all'],
      [['healthcheck', 'well'], "'well' is unknown; allowed: live, ready"],
      [
        ['import', '/no/such/file.csv'],
        "cannot read '/no/such/file.csv': no such file or directory; name a CSV file, or - for standard input",
      ],
    ];
    const outcomes = await Promise.all(refusals.map(([args]) => stock(args, withoutQueue)));
    for (const [index, { exitCode, stderr }] of outcomes.entries()) {
      expect(stderr).toContain(refusals[index]?.[1]);
      expect(stderr).not.toContain('    at ');
      expect(exitCode).toBe(2);
    }
  });

  test('fails with exit code 1 when the database does not answer', async () => {
    const away = { ...environment, DATABASE_URL: 'postgresql://stock@127.0.0.1:1/stockdb' };
    const { exitCode, stderr } = await stock(['migrate', '--wait', '0'], away);
    expect(stderr).toContain('stock: the database at 127.0.0.1:1/stockdb did not answer within 0 s');
    expect(exitCode).toBe(1);
  });

  test('migrates, and says when there is nothing to do', async () => {
    const { exitCode, stdout } = await stock(['migrate'], asOwner);
    expect(exitCode).toBe(0);
    expect(stdout).toBe(`schema is current (${migrationNames.at(-1)})\njob queue schema is current\n`);
  });

  test('makes an API key, lists it without the secret, and revokes it', async () => {
    const created = await stock(
      ['apikey', 'create', '--name', 'from the shell', '--scopes', 'read,write', '--requests-per-minute', '90'],
      asReader,
    );
    const key = created.stdout.trim();
    expect(await findApiKey(database.reader, secretKey, key)).toMatchObject({
      scopes: ['read', 'write'],
      requests_per_minute: 90,
    });
    const prefix = key.split('_')[1] as string;
    const listed = await stock(['apikey', 'list'], asReader);
    expect(listed.stdout).toBe(`${prefix}\tread,write\tvalid\tnever used\t90 requests a minute\tfrom the shell\n`);
    const revoked = await stock(['apikey', 'revoke', prefix], asReader);
    expect(revoked.stdout).toBe(`revoked ${prefix} (from the shell)\n`);
    expect(await findApiKey(database.reader, secretKey, key)).toBeUndefined();
    expect(await stock(['apikey', 'revoke', prefix], asReader)).toMatchObject({ exitCode: 2 });
  });

  test('keeps up the database', async () => {
    const { exitCode, stdout } = await stock(['db', 'maintain'], asOwner);
    expect(exitCode).toBe(0);
    expect(stdout).toBe('partitions are complete\nforgot 0 finished jobs\nstatistics are fresh\n');
  });

  test('says which role does what the role in DATABASE_URL may not', async () => {
    const outcomes = [
      await stock(['apikey', 'list'], environment),
      await stock(['db', 'partition', 'ensure', '--year', '2099'], environment),
    ];
    for (const { exitCode, stderr } of outcomes) {
      expect(stderr).toMatch(
        /^stock: (permission denied|must be owner) .*; DATABASE_URL names a role that may not do this: .* stock_read, .* stock_owner$/m,
      );
      expect(exitCode).toBe(1);
    }
  });

  test('imports a file: a summary for people, exit code 3 when rows were rejected', async () => {
    const file = path.join(folder, 'daily.csv');
    writeFileSync(
      file,
      'ts_code,trade_date,open,high,low,close,pre_close,change,pct_chg,vol,amount\n' +
        '600000.SH,20240102,10,10.5,9.8,10.2,10,0.2,2,1,1\n600000.SH,20240103,10,9,9.8,10.2,10,0.2,2,1,1\n',
    );
    const { exitCode, stdout, stderr } = await stock(['import', file], environment);
    expect(stdout).toMatch(/^2 rows read in [\d.]+ s: 1 inserted, 0 updated, 0 unchanged, 1 rejected\n/);
    expect(stdout).toContain(`rejected rows, with the reason: ${file}.rejects.csv\n`);
    expect(stderr).toBe('');
    expect(exitCode).toBe(3);
    expect(readFileSync(`${file}.rejects.csv`, 'utf8')).toContain(
      '3,price_order,"high 9 is below open 10 or close 10.2"',
    );
  });

  test('imports standard input: a summary for programs, exit code 0 when all went well', async () => {
    const rejects = path.join(folder, 'bad.csv');
    const { exitCode, stdout } = await stock(
      ['import', '-', '--rejects', rejects, '--json'],
      environment,
      'ts_code,trade_date,open,high,low,close,pre_close,change,pct_chg,vol,amount\n600001.SH,20240102,1,1,1,1,1,0,0,1,0.1\n',
    );
    expect(JSON.parse(stdout)).toEqual({
      read: 1,
      accepted: 1,
      rejected: 0,
      rejectedBy: {},
      toleratedBy: {},
      unusualBy: {},
      rejectsFile: null,
      rejectsWritten: 0,
      inserted: 1,
      updated: 0,
      unchanged: 0,
      changedSymbols: 1,
      dryRun: false,
      seconds: expect.any(Number),
    });
    expect(exitCode).toBe(0);
  });

  test('exports to standard output byte for byte, and ends quietly when that is closed', async () => {
    await database.pool.query(
      `INSERT INTO stock_data (symbol, trade_date, open, high, low, close, volume, amount, source)
       SELECT '600002.SH', day, 1, 1, 1, 1, 1, 1, 'sample' FROM generate_series('2000-01-01'::date, '2024-12-31', '1 day') AS day
       WHERE extract(year FROM day) >= 2010`,
    );
    const file = path.join(folder, 'bars.parquet');
    const order = ['export', '--symbol', '600002.SH', '--format', 'parquet', '--output'];
    expect(await stock([...order, file], environment)).toMatchObject({ exitCode: 0, stderr: '' });
    const shell = (command: string) =>
      execFileSync('sh', ['-c', `"$@" export --symbol 600002.SH ${command}`, 'sh', process.execPath, program], {
        env: { PATH: process.env.PATH, ...environment },
        maxBuffer: 1e8,
      });
    expect(shell('--format parquet --output -').equals(readFileSync(file))).toBe(true);
    expect(shell('--output - 2>&1 | head -n 1').toString()).toMatch(/^symbol,trade_date,.*\r\n$/);
  });

  test('reads jobs and keys whatever variables of others hold', async () => {
    const wrong = { ...environment, CELERY_RESULT_EXPIRES: 'soon', LOG_LEVEL: 'loud', SECRET_KEY: 'short' };
    expect(await stock(['jobs', 'list', '--json'], wrong)).toMatchObject({ exitCode: 0, stdout: '[]\n' });
    expect(await stock(['dlq', 'list', '--json'], wrong)).toMatchObject({ exitCode: 0, stdout: '[]\n' });
  });

  test('refuses a file that is something else with exit code 2', async () => {
    const { exitCode, stderr } = await stock(['import', '-'], environment, 'name,age\nx,1\n');
    expect(stderr).toContain('stock: standard input: the header lacks ts_code');
    expect(exitCode).toBe(2);
  });

  test('serves until told to stop, is healthy meanwhile, and leaves with exit code 0', async () => {
    const [http, metrics] = await freePorts(2);
    const ports = { HTTP_HOST: '127.0.0.1', HTTP_PORT: String(http), METRICS_PORT: String(metrics) };
    const child = spawn(process.execPath, [program, 'api'], {
      env: { PATH: process.env.PATH, ...asReader, ...ports },
    });
    let log = '';
    child.stdout.on('data', (chunk) => {
      log += chunk;
    });
    while (!log.includes('api started')) await new Promise((resolve) => setTimeout(resolve, 50));
    expect(await stock(['healthcheck'], ports)).toMatchObject({
      exitCode: 0,
      stdout: expect.stringContaining('"status":"ok"'),
    });
    child.kill('SIGTERM');
    expect(await new Promise((resolve) => child.on('close', resolve))).toBe(0);
    expect(
      log
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line).message),
    ).toContain('api stopped');
    expect(await stock(['healthcheck', 'live'], ports)).toMatchObject({ exitCode: 1 });
  });
});
