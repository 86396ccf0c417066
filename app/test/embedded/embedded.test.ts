import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { compiledProgram } from '../support/compiled';
import { freePortRow } from '../support/free-ports';
import { processesLeft, processesNaming } from '../support/processes';

const program = compiledProgram('embedded/main.js');
// Ten at rest; a machine that runs other tests is slower.
const endSeconds = 60;
jest.setTimeout(300_000);

interface Start {
  into?: string;
  http?: number;
  args?: string[];
  env?: NodeJS.ProcessEnv;
}

describe('the embedded start', () => {
  let parent: string;
  let folder: string;
  let port: number;
  beforeAll(async () => {
    parent = mkdtempSync(path.join(tmpdir(), 'stock-analysis-embedded-'));
    folder = path.join(parent, 'data');
    port = await freePortRow(4);
  });
  afterEach(async () => {
    // Only a failed test leaves one running.
    for (const { id } of processesNaming(parent)) process.kill(id, 'SIGKILL');
    await processesLeft(parent, endSeconds);
  });
  afterAll(() => rmSync(parent, { recursive: true }));

  /** Starts it, and gathers what it prints until it is ready or has ended. */
  function start({ into = folder, http = port, args = [], env = {} }: Start = {}) {
    const ports = ['--port', String(http), '--metrics-port', String(http + 1)];
    const words = [program, '--folder', into, ...ports, ...args];
    const child: ChildProcess = spawn(process.execPath, words, { env: { PATH: process.env.PATH, ...env } });
    let output = '';
    const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
    const ready = new Promise<string>((resolve) => {
      for (const stream of [child.stdout, child.stderr]) {
        stream?.on('data', (chunk) => {
          output += chunk;
          if (output.includes('Ctrl-C stops everything')) resolve(output);
        });
      }
      ended.then(() => resolve(output));
    });
    const shows = async (text: string) => {
      while (!output.includes(text)) await sleep(50);
    };
    return { child, ready, ended, shows, output: () => output };
  }

  /** Process id of the PostgreSQL in the folder; undefined when none runs there. */
  function postgresProcess(data = path.join(folder, 'data')): number | undefined {
    const file = path.join(data, 'postmaster.pid');
    return existsSync(file) ? Number(readFileSync(file, 'utf8').split('\n')[0]) : undefined;
  }

  /** The request of the curl line it prints. */
  function printedRequest(output: string) {
    const [, key = '', url = output] = /curl -H 'X-API-Key: (\S+)' '(\S+)'/.exec(output) ?? [];
    return { key, url };
  }

  /** The answer's status once it is 200, or when the time is up. */
  async function statusWithin(seconds: number, url: string, key: string): Promise<number> {
    const deadline = Date.now() + seconds * 1000;
    for (;;) {
      const { status } = await fetch(url, { headers: { 'x-api-key': key } });
      if (status === 200 || Date.now() > deadline) return status;
      await sleep(100);
    }
  }

  /** Submits a job and waits for its end; what is refused while PostgreSQL comes back is asked again. */
  async function submitJob(key: string) {
    const headers = { 'x-api-key': key, 'content-type': 'application/json' };
    const body = JSON.stringify({ type: 'ingest', dataset: 'stock_basic', source: 'sample' });
    const jobs = `http://127.0.0.1:${port}/api/v1/jobs`;
    let location = '';
    for (;;) {
      const answer = await (location ? fetch(location, { headers }) : fetch(jobs, { method: 'POST', headers, body }));
      const { data } = (await answer.json()) as { data?: { job_id: string; state: string } };
      if (data && ['completed', 'failed'].includes(data.state)) return data;
      if (data) location = `${jobs}/${data.job_id}`;
      await sleep(200);
    }
  }

  /** What the curl line it prints asks for. */
  async function answerToPrintedRequest(output: string) {
    const { key, url } = printedRequest(output);
    const response = await fetch(url, { headers: { 'x-api-key': key } });
    return { key, answer: (await response.json()) as { data: unknown[]; warnings: string[] } };
  }

  test('serves sample data, keeps it from one start to the next, and leaves no process behind', async () => {
    const first = start();
    const { key, answer } = await answerToPrintedRequest(await first.ready);
    expect(answer.data).toHaveLength(5);
    expect(answer.warnings).toEqual([expect.stringContaining('synthetic')]);
    for (const secret of ['database-password', 'secret-key', 'demo-api-key']) {
      expect(statSync(path.join(folder, secret)).mode & 0o777).toBe(0o600);
    }
    expect(await (await fetch(`http://127.0.0.1:${port + 1}/metrics`)).text()).toContain('http_requests_total');

    const beside = (...words: string[]) => {
      const command = [compiledProgram('embedded/stock.js'), ...words];
      const env = { PATH: process.env.PATH, STOCK_FOLDER: folder };
      return spawnSync(process.execPath, command, { env }).stdout.toString();
    };
    const findings = JSON.parse(beside('doctor', '--json')) as { check: string; state: string }[];
    for (const check of ['environment', 'database', 'sources']) {
      expect(findings).toContainEqual(expect.objectContaining({ check, state: 'ok' }));
    }
    expect(beside('apikey', 'list')).toContain('demo');
    expect(beside('db', 'partition', 'ensure')).toContain('exists');
    expect(beside('export', '--symbol', '604981.SH', '--output', '-')).toContain('604981.SH,2024-01-02');

    const other = start({ http: await freePortRow(4) });
    expect(await other.ready).toContain(`process ${first.child.pid} already runs in ${folder}; stop it`);
    expect(await other.ended).toBe(1);

    first.child.kill('SIGTERM');
    expect(await first.ended).toBe(0);
    expect(postgresProcess()).toBeUndefined();

    const databasePort = Number(readFileSync(path.join(folder, 'database-port'), 'utf8'));
    const onItsPort = createServer();
    await new Promise<void>((resolve) => onItsPort.listen(databasePort, '127.0.0.1', resolve));
    const second = start();
    const again = await answerToPrintedRequest(await second.ready);
    expect(await second.ready).toContain(`port ${databasePort}, on which PostgreSQL was, is taken; it is on `);
    expect(again.key).toBe(key);
    expect(again.answer.data).toEqual(answer.data);
    second.child.kill('SIGKILL');
    await second.ended;
    expect(await processesLeft(folder, endSeconds)).toEqual([]);
    await new Promise((resolve) => onItsPort.close(resolve));
  });

  test('starts PostgreSQL again when it was killed, and ends with a clear word when it cannot', async () => {
    const { ready, ended, shows, output } = start({ args: ['--no-sample'] });
    const { url, key } = printedRequest(await ready);
    const killed = postgresProcess() as number;
    process.kill(killed, 'SIGKILL');
    await shows('PostgreSQL runs again');
    expect(postgresProcess()).not.toBe(killed);
    expect(await statusWithin(endSeconds, url, key)).toBe(200);
    expect(await submitJob(key)).toMatchObject({ state: 'completed' });

    const data = path.join(folder, 'data');
    renameSync(data, `${data}-moved`);
    process.kill(postgresProcess(`${data}-moved`) as number, 'SIGKILL');
    expect(await ended).toBe(1);
    expect(output()).toContain('PostgreSQL did not start');
    expect(await processesLeft(folder, endSeconds)).toEqual([]);
  });

  test('of two starts at once one runs: in an odd folder, without the sample, with the sources that are set', async () => {
    const odd = {
      into: path.join(parent, "股票 data 'quoted'"),
      args: ['--no-sample'],
      env: { AKTOOLS_URL: 'http://127.0.0.1:9' },
    };
    const both = [start(odd), start({ ...odd, http: await freePortRow(4) })];
    const outputs = await Promise.all(both.map(({ ready }) => ready));
    expect(outputs.filter((output) => output.includes('already runs in'))).toHaveLength(1);
    const [served = ''] = outputs.filter((output) => output.includes('Ready in'));
    expect(served).toContain('asking akshare');
    expect(served).not.toContain('loading sample data');
    for (const { child } of both) child.kill('SIGINT');
    for (const { child } of both) child.kill('SIGINT');
    expect((await Promise.all(both.map(({ ended }) => ended))).sort()).toEqual([0, 1]);
  });

  test('says which port is taken and how to choose another', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
    const { ready, ended } = start();
    expect(await ready).toContain(
      `port ${port} cannot be used (EADDRINUSE); stop what uses it, or choose another with --port PORT`,
    );
    expect(await ended).toBe(1);
    await new Promise((resolve) => server.close(resolve));
  });

  test('says what to do about a data folder that is no PostgreSQL', async () => {
    const broken = path.join(parent, 'broken');
    mkdirSync(path.join(broken, 'data'), { recursive: true });
    writeFileSync(path.join(broken, 'database-password'), 'x');
    const { ready, ended } = start({ into: broken });
    expect(await ready).toContain(`${broken}/data is not a PostgreSQL data folder; remove ${broken}`);
    expect(await ended).toBe(1);
    expect(readFileSync(path.join(broken, 'database-password'), 'utf8')).toBe('x');
  });
});
