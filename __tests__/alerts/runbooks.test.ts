import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { typescript } from '../../app/test/support/typescript';
import { scripts } from '../../package.json';
import { repositoryRoot } from '../command';
import { routes } from './routes';
import { alwaysFiring, watchedComponents } from './watched-components';

const alerts = watchedComponents.flatMap(({ alerts = [] }) => alerts);
const names = alerts.map(({ name }) => name).sort();
const folder = join(repositoryRoot, 'docs/runbooks');
// Those of other tasks have names in lower case.
const runbooks = readdirSync(folder).filter((file) => /^[A-Z]/.test(file));
const firstCommands = (file: string): string[] =>
  /## First commands\n\n```sh\n([^`]*)```/
    .exec(readFileSync(join(folder, file), 'utf8'))?.[1]
    ?.trim()
    .split('\n') ?? [];

test('every alert has a runbook, every runbook an alert', () => {
  expect(runbooks.map((file) => file.replace(/\.md$/, '')).sort()).toEqual(names);
});

test('no two alerts have one name', () => {
  expect(new Set(names).size).toBe(names.length);
});

test('every alert has one row in the table of routes', () => {
  expect(routes.flatMap(({ alerts }) => alerts).sort()).toEqual(names);
});

test('an alert that explains others is critical, and they are there', () => {
  for (const { explains = [], severity } of alerts.filter(({ explains }) => explains)) {
    expect(severity).toBe('critical');
    expect(names).toEqual(expect.arrayContaining([...explains]));
  }
});

test('every component with alerts is watched', () => {
  const withAlerts = readdirSync(join(repositoryRoot, 'constructs'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('/alerts.ts'))
    .map((file) => file.replace('/alerts.ts', ''));
  expect(watchedComponents.map(({ component }) => component)).toEqual(withAlerts.sort());
});

test('every alert has a case in which it is pending, fires and is quiet, and every case an alert', () => {
  const cased = watchedComponents.flatMap(({ cases }) => Object.keys(cases));
  expect([...cased, alwaysFiring].sort()).toEqual(names);
});

test.each(alerts)('$name is pending before it fires, and says its value', ({ name, forSeconds, description }) => {
  const found = watchedComponents.map(({ cases }) => cases[name]).find((each) => each !== undefined);
  expect(description).toMatch(/\{\{ \$value/);
  if (name === alwaysFiring) expect(forSeconds).toBe(0);
  else expect(found?.firingAt).toBeGreaterThanOrEqual((found?.pendingAt ?? 0) + 1);
});

test.each(runbooks)('%s says what to do, begins with three commands, and ends', (file) => {
  const headings = [...readFileSync(join(folder, file), 'utf8').matchAll(/^## (.*)$/gm)].map(([, heading]) => heading);
  expect(headings).toEqual(['Meaning', 'Impact', 'First commands', 'What to do', 'It is over when', 'Undo']);
  expect(firstCommands(file)).toHaveLength(3);
});

const commands = [...new Set(runbooks.flatMap(firstCommands))].sort();

test.each(commands.filter((command) => command.startsWith('stock ')))(
  '%s is a command of this version',
  (command) => {
    const words = command.split(' ').slice(1);
    const { status, stdout } = spawnSync(process.execPath, [...typescript, 'app/src/stock.ts', ...words, '--help'], {
      cwd: repositoryRoot,
      encoding: 'utf8',
    });
    expect(status).toBe(0);
    expect(stdout).toMatch(new RegExp(`^Usage: stock ${words.join(' ')}( |$)`, 'm'));
  },
  60_000,
);

test.each(commands.filter((command) => command.startsWith('npm run ')))('%s is a script', (command) => {
  expect(Object.keys(scripts)).toContain(command.replace('npm run ', ''));
});

test('all other commands are those of the machine, the cluster and the engine', () => {
  const others = commands.filter((command) => !/^(stock|npm run) /.test(command));
  expect(others.filter((command) => !/^(kubectl|docker|df) /.test(command))).toEqual([]);
});
