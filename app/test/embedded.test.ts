import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { freePortRow } from './support/free-ports';

const program = path.join(__dirname, '../src/embedded.ts');

describe('the embedded start', () => {
  let parent: string;
  let folder: string;
  let port: number;
  beforeAll(async () => {
    parent = mkdtempSync(path.join(tmpdir(), 'stock-analysis-embedded-'));
    folder = path.join(parent, 'data');
    port = await freePortRow(4);
  });
  afterAll(async () => {
    // Only a failed test leaves one running.
    const postgres = postgresProcess();
    if (postgres) process.kill(postgres, 'SIGINT');
    while (postgresProcess()) await new Promise((resolve) => setTimeout(resolve, 50));
    rmSync(parent, { recursive: true });
  });

  /** Starts it, and gathers what it prints until it is ready or has ended. */
  function start(into = folder, http = port) {
    const ports = ['--port', String(http), '--metrics-port', String(http + 1)];
    const child: ChildProcess = spawn(process.execPath, ['--import', 'tsx', program, '--folder', into, ...ports]);
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
    return { child, ready, ended };
  }

  /** Process id of the PostgreSQL in the folder; undefined when none runs there. */
  function postgresProcess(): number | undefined {
    const file = path.join(folder, 'data', 'postmaster.pid');
    return existsSync(file) ? Number(readFileSync(file, 'utf8').split('\n')[0]) : undefined;
  }

  /** What the curl line it prints asks for. */
  async function answerToPrintedRequest(output: string) {
    const [, key = '', url = output] = /curl -H 'X-API-Key: (\S+)' '(\S+)'/.exec(output) ?? [];
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

    const other = start(folder, await freePortRow(4));
    expect(await other.ready).toContain(`process ${first.child.pid} already runs in ${folder}; stop it`);
    expect(await other.ended).toBe(1);

    first.child.kill('SIGTERM');
    expect(await first.ended).toBe(0);
    expect(postgresProcess()).toBeUndefined();

    const second = start();
    const again = await answerToPrintedRequest(await second.ready);
    expect(again.key).toBe(key);
    expect(again.answer.data).toEqual(answer.data);
    second.child.kill('SIGKILL');
    await second.ended;
    expect(postgresProcess()).toBeDefined();

    const third = start();
    expect(await third.ready).toContain('Ready in');
    third.child.kill('SIGINT');
    expect(await third.ended).toBe(0);
    expect(postgresProcess()).toBeUndefined();
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
    const { ready, ended } = start(broken);
    expect(await ready).toContain(`${broken}/data is not a PostgreSQL data folder; remove ${broken}`);
    expect(await ended).toBe(1);
    expect(readFileSync(path.join(broken, 'database-password'), 'utf8')).toBe('x');
  });
});
