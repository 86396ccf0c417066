import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { Command } from 'commander';
import { program } from '../../ops/src/program';
import { repositoryRoot } from '../command';
import { inProcess } from './in-process';
import { commandsBelow } from './stockops';

/** What people read to know what to type; decisions are of their day. */
const pages = [
  'README.md',
  'CONTRIBUTING.md',
  ...readdirSync(path.join(repositoryRoot, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.md') && !file.startsWith('decisions'))
    .map((file) => path.join('docs', file)),
];

/** The code of a page: its blocks line by line, and what stands between backticks. */
function codeOf(page: string): { blocks: string[]; spans: string[] } {
  const blocks: string[] = [];
  const prose = page
    .replaceAll(/^```(?:ts|json|yaml)\n[\s\S]*?^```/gm, '')
    .replaceAll(/^```.*\n([\s\S]*?)^```/gm, (_all, block: string) => `${blocks.push(...block.split('\n')) && ''}`)
    .replaceAll(/^ {4,}(?![-*\d]).*$/gm, (line) => `${blocks.push(line) && ''}`);
  return { blocks, spans: [...prose.matchAll(/`([^`\n]+)`/g)].map(([, span = '']) => span) };
}

/** The words after `stockops`, each time that it is named; what follows a pipe, a semicolon or a comment is not its own. */
function commandsIn(code: string): string[][] {
  return (
    [...code.matchAll(/(?<![\w/.`-])(?:npm run (?:--silent )?stockops --|stockops) +([^`|;&#>]+)/g)]
      .map(([, text = '']) => text.match(/'[^']*'|\S+/g) ?? [])
      .map((words) =>
        words.map((word) => word.replace(/^'|'$|[),]+$/g, '')).filter((word) => word !== '…' && word !== '…)'),
      )
      // A line that says which words there are, and functions of a shell.
      .filter(([first = '']) => /^[a-z]/.test(first))
      .filter((words) => !words.some((word) => word.startsWith('[') || word.startsWith('"$')))
  );
}

/** What commander would say of words, undefined where it takes them. */
function faultOf(words: readonly string[], isWhole: boolean, command: Command = program): string | undefined {
  const [word = '', ...others] = words;
  const below = command.commands.find((each) => each.name() === word);
  if (below) return faultOf(others, isWhole, below);
  if (command === program) return `there is no command ${word}`;
  const { operands, unknown } = command.parseOptions([...words]);
  const taken = command.registeredArguments;
  if (unknown.length > 0) return `${command.name()} has no ${unknown.join(' ')}`;
  if (operands.length > taken.length && !taken.at(-1)?.variadic) return `${command.name()} does not take ${operands}`;
  const missing = taken.slice(operands.length).find(({ required }) => required);
  return isWhole && missing ? `${command.name()} wants ${missing.name()}` : undefined;
}

const found = pages.flatMap((page) => {
  const { blocks, spans } = codeOf(readFileSync(path.join(repositoryRoot, page), 'utf8'));
  const of = (texts: readonly string[], isWhole: boolean) =>
    texts.flatMap(commandsIn).map((words) => ({ page, words, isWhole }));
  return [...of(blocks, true), ...of(spans, false)];
});

test('pages name commands', () => {
  const first = new Set(found.map(({ words }) => words[0]));
  expect([...first]).toEqual(
    expect.arrayContaining(['backup', 'checklist', 'deploy', 'doctor', 'maintain', 'restore']),
  );
  expect(found.length).toBeGreaterThan(150);
});

test('every command that a page names is one of this version, up to what it is told', () => {
  const faults = found.flatMap(({ page, words, isWhole }) => {
    const fault = faultOf(words, isWhole);
    return fault ? [`${page}: stockops ${words.join(' ')}: ${fault}`] : [];
  });
  expect(faults).toEqual([]);
});

test('the help of every command has an example of it, and every example is one of this version', async () => {
  for (const { words } of commandsBelow()) {
    const { stdout } = await inProcess([...words, '--help']);
    // What an example does stands behind it.
    const named = stdout
      .split('\n')
      .filter((line) => /^ {2}(?=\S).*stockops/.test(line))
      .map((line) => line.trim().split(/ {3,}/)[0] ?? '');
    const typed = named.flatMap(commandsIn);
    expect({ words, faults: typed.map((each) => faultOf(each, true)).filter(Boolean) }).toEqual({ words, faults: [] });
    expect(typed.map((each) => each.slice(0, words.length))).toContainEqual(words);
  }
});

test.each([
  ['stockops lok dev', 'there is no command lok'],
  ['npm run stockops -- doctor dev --olny K8S', 'doctor has no --olny K8S'],
  ['stockops status dev api', 'status does not take dev,api'],
  ['npm run stockops -- history', 'history wants environment'],
])('"%s" would be found', (code, fault) => {
  expect(commandsIn(code).map((words) => faultOf(words, true))).toEqual([fault]);
});
