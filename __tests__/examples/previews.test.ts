import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { repositoryRoot } from '../command';
import { commandOf } from '../ops/stockops';

const files = ['examples/previews/github-workflow.yaml', 'docs/previews.md'];
const commands = files.flatMap((file) =>
  [...readFileSync(join(repositoryRoot, file), 'utf8').matchAll(/stockops -- (preview .*)/g)].map(
    ([, words = '']) => words,
  ),
);

test('there are commands in the example and on its page', () => {
  expect(new Set(commands.map((words) => words.split(' ')[1]))).toEqual(new Set(['up', 'down', 'reap']));
});

test.each(commands)('%s is a command with these options', (line) => {
  const [group = '', name = '', ...words] = line.split(' ');
  const { options, registeredArguments } = commandOf([group, name]);
  const known = options.map(({ long }) => long);
  expect(known).toEqual(expect.arrayContaining(words.filter((word) => word.startsWith('--'))));
  const namesOne = words[0] !== undefined && !words[0].startsWith('--');
  expect(namesOne).toBe(registeredArguments.length === 1);
});
