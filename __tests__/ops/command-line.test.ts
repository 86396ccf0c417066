import type { Command } from 'commander';
import { program } from '../../ops/src/program';
import { commandOf, stockops } from './stockops';

/** The words of a command and of every command below it. */
function wordsBelow(command: Command, words: readonly string[] = []): string[] {
  return [words.join(' '), ...command.commands.flatMap((each) => wordsBelow(each, [...words, each.name()]))];
}

test('there is a command for each thing that is done with copies', () => {
  expect(wordsBelow(program)).toEqual(
    expect.arrayContaining([
      'backup init',
      'backup create',
      'backup list',
      'backup verify',
      'backup prune',
      'backup serve',
    ]),
  );
});

test.each(wordsBelow(program))('the command "stockops %s" teaches itself', (words) => {
  const names = words.split(' ').filter(Boolean);
  const command = commandOf(names);
  const help = command.helpInformation();
  expect(help).toMatch(new RegExp(`^Usage: ${['stockops', ...names].join(' ')} `));
  expect(command.description()).not.toBe('');
  for (const { flags, description } of command.options)
    expect({ flags, description }).not.toMatchObject({ description: '' });
});

test('help ends with 0', async () => {
  expect(await stockops(['backup', 'create', '--help'])).toMatchObject({ status: 0, stderr: '' });
}, 30_000);

test('says its version, its variables and its exit codes', async () => {
  const [version, help] = await Promise.all([stockops(['--version']), stockops(['--help'])]);
  expect(version).toMatchObject({ status: 0, stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) });
  for (const text of ['BACKUP_STORE', 'STOCK_ENVIRONMENT', 'Examples:', 'Exit codes'])
    expect(help.stdout).toContain(text);
}, 30_000);

const environment = { STOCK_ENVIRONMENT: 'trial', BACKUP_STORE: '/nowhere/at all', BACKUP_WORK: '/nowhere/work' };

test.each([
  ['backup', 'creat'],
  ['backup', 'create', '--lock-wait', 'long'],
  ['backup', 'verify', '../20261126T023000Z-4f1c9a'],
  ['backup', 'list', '--colour'],
])(
  'what is not usable ends with 2, as in: %s %s',
  async (...words) => {
    const { status, stdout, stderr } = await stockops(words, environment);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).not.toBe('');
  },
  30_000,
);

test.each([
  ['an environment that is not usable', {}, 2, 'STOCK_ENVIRONMENT: is not set'],
  ['a store that is not there', environment, 1, 'its volume is not mounted'],
  ['a store that cannot be read', { ...environment, BACKUP_STORE: `/${'x'.repeat(300)}` }, 3, 'cannot be read'],
])(
  '%s is told alike with --json',
  async (_title, variables, exitCode, reason) => {
    const [plain, json] = await Promise.all([
      stockops(['backup', 'list'], variables),
      stockops(['backup', 'list', '--json'], variables),
    ]);
    expect([plain.status, json.status]).toEqual([exitCode, exitCode]);
    expect(plain.stderr).toContain(reason);
    expect(JSON.parse(json.stdout)).toEqual({
      schemaVersion: 1,
      command: 'backup list',
      ok: false,
      error: expect.stringContaining(reason),
      exitCode,
    });
  },
  30_000,
);
