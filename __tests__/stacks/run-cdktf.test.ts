import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { environmentNames } from '../../config/environments';
import { repositoryRoot, runScript, stopCommands } from '../command';

const folder = mkdtempSync(join(tmpdir(), 'run-cdktf-'));
afterAll(() => {
  stopCommands();
  rmSync(folder, { recursive: true });
});

/** Runs it with a cdktf that only tells what it was asked for, and ends with status 3. */
function run(...words: string[]) {
  const cdktf = join(folder, 'cdktf.cjs');
  writeFileSync(cdktf, 'console.log(process.argv.slice(2).join(" | "));\nprocess.exitCode = 3;\n');
  const instead = join(folder, 'instead.cjs');
  writeFileSync(
    instead,
    `const Module = require('node:module');
const resolve = Module._resolveFilename;
Module._resolveFilename = (name, ...rest) => name.startsWith('cdktf-cli/') ? ${JSON.stringify(cdktf)} : resolve(name, ...rest);\n`,
  );
  const script = join(repositoryRoot, 'stacks/run-cdktf.ts');
  return runScript(script, { NODE_OPTIONS: `--require ${instead}` }, repositoryRoot, words);
}

test.each(['deploy', 'destroy'])(
  '%s names the stacks of its environment, passes options on, and ends as cdktf does',
  async (command) => {
    expect(await run(command, 'dev', '--auto-approve')).toMatchObject({
      status: 3,
      stdout: `${[
        command,
        ...['dev-platform', 'dev-data', 'dev-application', 'dev-backup', 'dev-observability'],
        '--app',
        `node --import tsx main.ts ${command} dev`,
        '--auto-approve',
      ].join(' | ')}\n`,
    });
  },
);

test('an environment that is not there is one clear line, and nothing is run', async () => {
  expect(await run('deploy', 'prod')).toEqual({
    status: 2,
    stdout: '',
    stderr: `there is no environment 'prod'; allowed: ${environmentNames.join(', ')}\n`,
  });
});

test('an option in the place of the environment is refused', async () => {
  const { status, stderr } = await run('destroy', '--auto-approve');
  expect([status, stderr]).toEqual([
    2,
    '"--auto-approve" comes before the environment: npm run destroy -- NAME --auto-approve\n',
  ]);
});

test('without words, or asked for help, it teaches', async () => {
  const [without, help] = await Promise.all([run('deploy'), run('destroy', '--help')]);
  expect([without.status, help.status]).toEqual([2, 0]);
  expect(help.stdout).toContain('npm run destroy -- local');
  expect(existsSync(join(repositoryRoot, '.local/secrets/dev'))).toBe(false);
});
