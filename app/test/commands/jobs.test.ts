import { Command, CommanderError } from 'commander';
import { addDeadLetters } from '../../src/cli/dlq';
import { addJobs } from '../../src/cli/jobs';
import { markFailed, startAttempt } from '../../src/jobs/job-store';
import { UsageError } from '../../src/runtime/usage-error';
import { createTestDatabase, type TestDatabase } from '../support/database';

describe('the commands for jobs and dead letters', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await createTestDatabase();
    Object.assign(process.env, database.environment);
  });
  afterAll(async () => {
    for (const key of Object.keys(database.environment)) delete process.env[key];
    await database.drop();
  });

  /** Runs a command in this process: what it prints, or why it fails. */
  async function stock(...args: string[]): Promise<{ stdout: string; error?: Error }> {
    const program = new Command('stock').exitOverride().configureOutput({ writeErr: () => undefined });
    addJobs(program);
    addDeadLetters(program);
    const write = jest.spyOn(process.stdout, 'write').mockReturnValue(true);
    const stdout = () => write.mock.calls.map(([text]) => text).join('');
    try {
      await program.parseAsync(args, { from: 'user' });
      return { stdout: stdout() };
    } catch (error) {
      return { stdout: stdout(), error: error as Error };
    } finally {
      write.mockRestore();
    }
  }
  const countRows = async () =>
    (await database.pool.query('SELECT FROM job UNION ALL SELECT FROM dead_letter')).rowCount;

  describe('where variables that they do not read are wrong', () => {
    beforeEach(() => {
      Object.assign(process.env, { QUEUE_URL: 'carrier pigeon', SOURCE_PRIORITY: 'nobody', METRICS_PORT: 'first' });
    });
    afterEach(() => {
      for (const name of ['SOURCE_PRIORITY', 'METRICS_PORT']) delete process.env[name];
      Object.assign(process.env, { QUEUE_URL: database.environment.QUEUE_URL });
    });

    test.each([
      [['jobs', 'list']],
      [['jobs', 'list', '--state', 'failed', '--json']],
      [['dlq', 'list']],
      [['dlq', 'purge', '--older-than', '90d']],
    ])('%j asks the database all the same', async (command) => {
      expect((await stock(...command)).error).toBeUndefined();
    });

    test('what needs the queue says which one is wrong', async () => {
      const { error } = await stock('jobs', 'submit', 'ingest', '--dataset', 'stock_basic');
      expect(error?.message).toContain("QUEUE_URL: got 'carrier pigeon'");
      expect(error?.message).not.toContain('SOURCE_PRIORITY');
    });
  });

  test('submit, list, show and revoke a job', async () => {
    const order = ['--datasets', 'daily', '--symbols', '600000', '--start', '2024-01-02', '--end', '2024-01-05'];
    const id = (await stock('jobs', 'submit', 'backfill', ...order)).stdout.trim();
    const listed = await stock('jobs', 'list', '--type', 'backfill');
    const [header, row] = listed.stdout.split('\n') as [string, string];
    expect(header).toMatch(/^ID +TYPE +STATE +PRIORITY +ATTEMPTS +CREATED +ERROR OR REQUEST$/);
    expect(row.startsWith(`${id}  backfill  waiting  10 `)).toBe(true);
    expect(row.indexOf('backfill')).toBe(header.indexOf('TYPE'));
    expect(JSON.parse((await stock('jobs', 'show', id)).stdout)).toMatchObject({
      id,
      request: { datasets: ['daily'], symbols: ['600000.SH'] },
      children: { queued: 1 },
    });
    expect((await stock('jobs', 'revoke', id)).stdout).toBe(`revoked ${id}\n`);
    expect((await stock('jobs', 'revoke', id)).error).toEqual(new Error(`job ${id} is finished already: revoked`));
  });

  test('list, show, replay and purge dead letters', async () => {
    const submitted = await stock('jobs', 'submit', 'ingest', '--dataset', 'stock_basic', '--json');
    const { id } = JSON.parse(submitted.stdout);
    await startAttempt(database.pool, id);
    await markFailed(database.pool, id, 'not for you', 'permission');
    const [letter] = JSON.parse((await stock('dlq', 'list', '--json')).stdout);
    expect(letter).toMatchObject({ job_id: id, error_kind: 'permission' });
    expect((await stock('dlq', 'list')).stdout).toContain(`\n${letter.id.padEnd(2)}  ingest  permission  1         `);
    expect(JSON.parse((await stock('dlq', 'show', letter.id)).stdout)).toMatchObject({ error: 'not for you' });
    expect((await stock('dlq', 'replay', '--all')).stdout.trim()).toMatch(/^[0-9a-f-]{36}$/);
    expect((await stock('dlq', 'replay', letter.id)).error).toBeInstanceOf(UsageError);
    expect((await stock('dlq', 'purge', '--older-than', '1h', '--json')).stdout).toBe('{"purged":0}\n');
    await database.pool.query("UPDATE dead_letter SET failed_at = now() - interval '2 hours'");
    expect((await stock('dlq', 'purge', '--older-than', '1h')).stdout).toBe('purged 1 dead letters\n');
  });

  test('refuse bad input with the reason, and store nothing', async () => {
    const before = await countRows();
    const days = ['--start', '2024-01-02', '--end', '2024-01-05'];
    const refusals: [string[], string][] = [
      [['jobs', 'submit', 'dance'], 'Allowed choices are ingest, backfill'],
      [['jobs', 'submit', 'ingest'], 'daily needs start and end, as YYYY-MM-DD'],
      [['jobs', 'submit', 'ingest', '--start', 'soon', '--end', '2024-01-05'], "'soon' is not a day"],
      [['jobs', 'submit', 'ingest', ...days, '--symbols', 'AAPL'], "'AAPL' is not a stock symbol"],
      [['jobs', 'submit', 'ingest', ...days, '--priority', '0'], 'a whole number from 2 to 100'],
      [['jobs', 'submit', 'backfill', ...days, '--datasets', 'weather'], "'weather' is not a dataset"],
      [['jobs', 'submit', 'backfill', ...days], 'a backfill needs datasets'],
      [['jobs', 'list', '--state', 'lost'], 'Allowed choices are waiting'],
      [['jobs', 'show', '1'], "'1' is not the id of a job"],
      [['jobs', 'revoke', '00000000-0000-4000-8000-000000000000'], 'there is no job'],
      [['dlq', 'list', '--limit', '0'], 'a whole number from 1 to 1000'],
      [['dlq', 'show', 'one'], "'one' is not the number of a dead letter"],
      [['dlq', 'show', '999'], 'there is no dead letter 999'],
      [['dlq', 'replay'], 'name a dead letter, or give --all'],
      [['dlq', 'replay', '999'], 'there is no dead letter 999 to replay'],
      [['dlq', 'purge'], "required option '--older-than <age>' not specified"],
      [['dlq', 'purge', '--older-than', 'yesterday'], 'such as 30d or 12h'],
    ];
    for (const [args, reason] of refusals) {
      const { error } = await stock(...args);
      expect(error?.message).toContain(reason);
      expect(error instanceof UsageError || error instanceof CommanderError).toBe(true);
    }
    expect(await countRows()).toBe(before);
  });
});
