import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

const script = path.join(__dirname, '../../../constructs/postgres/keep-passwords.sh');

// Shells start slowly on a busy machine.
jest.setTimeout(30_000);

/** The script beside passwords, with a psql that writes down what it is given and succeeds or not, and a sleep that is shorter. */
describe('what keeps the passwords of a running server', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'keep-passwords-'));
    mkdirSync(path.join(folder, 'passwords'));
    writeFileSync(path.join(folder, 'keep-passwords.sh'), readFileSync(script));
    program('sleep', 'exec /bin/sleep 0.05');
    program('psql', `echo "$*" "$PGOPTIONS" >>${folder}/asked; cat >>${folder}/given; test ! -e ${folder}/away`);
    password('first');
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const program = (name: string, text: string) => {
    writeFileSync(path.join(folder, name), `#!/bin/sh\n${text}\n`);
    chmodSync(path.join(folder, name), 0o755);
  };
  const password = (text: string) => writeFileSync(path.join(folder, 'passwords/app.sql'), `${text}\n`);
  const given = () => {
    try {
      return readFileSync(path.join(folder, 'given'), 'utf8').trim().split('\n');
    } catch {
      return [];
    }
  };
  const until = async (isTrue: () => boolean) => {
    while (!isTrue()) await new Promise((resolve) => setTimeout(resolve, 20));
  };

  async function whileItRuns(action: () => Promise<void>): Promise<string> {
    // A shell in the server's place, whose end the script has to notice.
    const server = spawn('sh', ['-c', `sh ${folder}/keep-passwords.sh & exec /bin/sleep 60`], {
      env: { PATH: `${folder}:${process.env.PATH}` },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let log = '';
    server.stderr.on('data', (text) => {
      log += text;
    });
    try {
      await action();
    } finally {
      const closed = once(server.stderr, 'close');
      server.kill('SIGKILL');
      // Closed by the script, too: it has ended.
      await closed;
    }
    return log;
  }

  test('sets what is another and nothing else, without a log of it', async () => {
    const log = await whileItRuns(async () => {
      await until(() => given().length === 1);
      await new Promise((resolve) => setTimeout(resolve, 300));
      password('second');
      await until(() => given().length === 2);
    });
    expect(given()).toEqual(['first', 'second']);
    expect(log).toBe('The passwords of the roles were set to what their files say.\n');
    expect(readFileSync(path.join(folder, 'asked'), 'utf8')).toContain('log_statement=none');
  });

  test('goes on trying while the server does not take them', async () => {
    writeFileSync(path.join(folder, 'away'), '');
    await whileItRuns(async () => {
      await until(() => given().length >= 3);
      rmSync(path.join(folder, 'away'));
      const tried = given().length;
      await until(() => given().length > tried);
      await new Promise((resolve) => setTimeout(resolve, 300));
      expect(given().length).toBeLessThanOrEqual(tried + 2);
    });
  });
});
