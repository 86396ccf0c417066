import type { Argument, Command } from 'commander';
import { inProcess } from './in-process';
import { commandsBelow } from './stockops';

const commands = commandsBelow();
const named = commands.map(({ words, command }): [string, Command] => [words.join(' '), command]);
/** Each that is told an environment, by the words before its name and the words after it. */
const isEnvironment = (argument: Argument) => ['environment', 'from', 'to'].includes(argument.name());
const aboutEnvironments = commands.flatMap(({ words, command }) =>
  command.registeredArguments
    .filter(isEnvironment)
    .map((argument): [string, (name: string) => string[]] => [
      `${words.join(' ')} ${argument.name()}`,
      (name) => [
        ...words,
        ...command.registeredArguments.flatMap((each) =>
          each === argument ? [name] : each.required ? [each.name() === 'secret' ? 'postgres.app' : 'staging'] : [],
        ),
        ...command.options.filter(({ mandatory }) => mandatory).flatMap(({ long }) => [`${long}`, 'a text']),
      ],
    ]),
);

test('there are commands to try', () => {
  expect(commands.length).toBeGreaterThan(30);
  expect(aboutEnvironments.length).toBeGreaterThan(15);
});

test.each(named)('the help of %s says what its exit codes mean', async (words) => {
  const { status, stdout } = await inProcess([...words.split(' '), '--help']);
  expect(status).toBe(0);
  expect(stdout).toContain('Exit codes');
});

test.each(named)('%s answers in JSON that its command line is not usable', async (words) => {
  const { status, stdout, stderr } = await inProcess([...words.split(' '), '--json', '--no-such-option']);
  expect(status).toBe(2);
  expect(stderr).toMatch(/^error: /);
  expect(JSON.parse(stdout)).toMatchObject({ schemaVersion: 1, command: words, ok: false, exitCode: 2 });
});

const odd = [
  '__proto__',
  'constructor',
  '../environment',
  'index',
  'DEV',
  '',
  '😀',
  'a\u001b[31m\nb',
  'x'.repeat(10_000),
];

test.each(aboutEnvironments)('%s is one there is', async (_title, wordsWith) => {
  for (const name of odd) {
    const { status, stderr } = await inProcess(wordsWith(name));
    expect({ name, status, stderr }).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('allowed: dev, local'),
    });
    expect(stderr.trimEnd()).toMatch(/^[^\p{Cc}]{1,250}$/u);
  }
});
