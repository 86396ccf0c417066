import { spawn } from 'node:child_process';
import { readRole } from '../../src/database/roles';
import { compiledProgram } from '../support/compiled';
import { createTestDatabase, type TestDatabase } from '../support/database';

const program = compiledProgram('stock.js');
const server = () => process.env.TEST_REDIS_SERVER as string;
const password = () => process.env.TEST_REDIS_PASSWORD as string;

interface Finding {
  check: string;
  state: string;
  finding: string;
  advice?: string;
}

describe('the command line with Redis', () => {
  let database: TestDatabase;
  let environment: Record<string, string>;
  beforeAll(async () => {
    database = await createTestDatabase();
    const { DATABASE_URL, DATABASE_PASSWORD } = database.environmentOf(readRole);
    environment = { DATABASE_URL, DATABASE_PASSWORD, QUEUE_URL: `${server()}/0`, REDIS_URL: `${server()}/1` };
  });
  afterAll(() => database.drop());

  /** Runs a command to its end. */
  function stock(words: string[], variables: Record<string, string>) {
    const child = spawn(process.execPath, [program, ...words], {
      env: { PATH: process.env.PATH, SOURCE_PRIORITY: 'sample', ...environment, ...variables },
    });
    let stdout = '';
    child.stdout.on('data', (chunk) => {
      stdout += chunk;
    });
    return new Promise<{ stdout: string; exitCode: number | null }>((resolve) =>
      child.on('close', (exitCode) => resolve({ stdout, exitCode })),
    );
  }
  const examine = async (variables: Record<string, string>) => {
    const { stdout } = await stock(['doctor', '--json'], variables);
    const findings = JSON.parse(stdout) as Finding[];
    return Object.fromEntries(findings.map((finding) => [finding.check, finding]));
  };

  test('doctor finds that a queue and a cache work', async () => {
    const { queue, cache } = await examine({ QUEUE_PASSWORD: password(), REDIS_PASSWORD: password() });
    expect(queue).toMatchObject({ state: 'ok', finding: '0 jobs wait, 0 are put off' });
    expect(cache).toMatchObject({ state: 'ok', finding: 'answers' });
  });

  test.each([
    ['no password', {}, /NOAUTH/],
    ['a wrong one', { QUEUE_PASSWORD: 'wrong', REDIS_PASSWORD: 'wrong' }, /WRONGPASS/],
  ])('doctor ends, and says why, with %s', async (_, variables, reason) => {
    const { queue, cache } = await examine(variables);
    expect(queue).toMatchObject({ state: 'wrong', finding: expect.stringMatching(reason) });
    expect(queue?.advice).toContain('QUEUE_PASSWORD');
    expect(cache).toMatchObject({ state: 'wrong', finding: expect.stringMatching(reason) });
    expect(cache?.advice).toContain('REDIS_PASSWORD');
  });

  test('a job is recorded, and the command ends, without the password of the queue', async () => {
    const { stdout, exitCode } = await stock(['jobs', 'submit', 'ingest', '--dataset', 'stock_basic'], {});
    expect(exitCode).toBe(0);
    const { rows } = await database.pool.query<{ state: string }>('SELECT state FROM job WHERE id = $1', [
      stdout.trim(),
    ]);
    expect(rows).toEqual([{ state: 'accepted' }]);
  });
});
