import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { Terminal } from '../../app/test/support/terminal';
import { type Case, create, type Setting } from './case';
import { copiesIn, othersIn } from './copies';
import { stockopsWords } from './stockops';

/** The command as a shell writes it; in place of the shell, which has a way of its own to end by Ctrl-C. */
const command = (words: readonly string[]): string =>
  `exec ${[process.execPath, ...stockopsWords, ...words].map((word) => `'${word}'`).join(' ')}`;

const environmentOf = ({ variables }: Setting): NodeJS.ProcessEnv => ({
  PATH: process.env.PATH,
  HOME: process.env.HOME,
  TERM: 'xterm',
  ...variables,
});

function shell(line: string, setting: Setting): Promise<{ exitCode: number; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    const child = execFile('bash', ['-c', line], { env: environmentOf(setting) }, (_error, stdout, stderr) =>
      resolve({ exitCode: child.exitCode ?? -1, stdout, stderr }),
    );
  });
}

const readerGone: Case = {
  name: 'what reads its output has seen enough',
  async run(setting) {
    for (let number = 0; number < 2; number++) await create(setting);
    const { exitCode, stdout, stderr } = await shell(
      `set -o pipefail; ${command(['backup', 'list'])} | head -1; echo "\${PIPESTATUS[0]}"`,
      setting,
    );
    assert.equal(stderr, '');
    assert.match(stdout, /^COPY .*\n0\n$/);
    assert.equal(exitCode, 0);
    const closed = await shell(`${command(['backup', 'create'])} >&- 2>&-`, setting);
    assert.deepEqual([closed.stdout, closed.stderr, othersIn(setting.store)], ['', '', []]);
    return `0, no error told; with both outputs closed ${closed.exitCode}`;
  },
};

const terminal: Case = {
  name: 'in a terminal: progress, and Ctrl-C',
  async run(setting) {
    const shown = new Terminal(command(['backup', 'create']), { cwd: process.cwd(), env: environmentOf(setting) });
    assert.equal(await shown.ended, 0, shown.output);
    assert.ok(shown.output.includes('\r\x1b[2K  copying the database (pg_dump) ('), shown.output);
    assert.match(shown.output, /verified/);
    const before = copiesIn(setting.store);
    const interrupted = new Terminal(command(['backup', 'create']), {
      cwd: process.cwd(),
      env: environmentOf(setting),
    });
    await interrupted.shows('copying the database', 60);
    interrupted.pressCtrlC();
    assert.equal(await interrupted.ended, 1, interrupted.output);
    assert.match(interrupted.output, /stopped by SIGINT/);
    assert.deepEqual([copiesIn(setting.store), othersIn(setting.store)], [before, []]);
    return '0 with a line that is redrawn; Ctrl-C ends it with 1 and leaves nothing';
  },
};

export const terminalCases = [readerGone, terminal];
