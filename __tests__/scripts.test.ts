import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { repositoryRoot } from './command';

/** Programs that npm puts into the path on every system, npm itself, and what sh has built in and exec.cmd is on Windows. */
const programs = ['node', 'npm', 'biome', 'jest', 'tsc', 'exec'];

/** What a script has that not every system's shell understands, as npm hands it to sh, and to cmd.exe on Windows. */
function unportable(script: string): string[] {
  const commands = script.split('&&').map((command) => command.trim().split(/\s+/)[0] ?? '');
  return [
    ...commands.filter((program) => !programs.includes(program)).map((program) => `begins with ${program}`),
    ...[...script.matchAll(/['$;|<>`*\\%]/g)].map(([sign]) => `has ${sign}`),
  ];
}

test.each(['package.json', 'app/package.json', 'ops/package.json'])('the scripts of %s run on every system', (file) => {
  const { scripts = {} } = JSON.parse(readFileSync(join(repositoryRoot, file), 'utf8')) as {
    scripts?: Record<string, string>;
  };
  const found = Object.entries(scripts).flatMap(([name, script]) => unportable(script).map((why) => `${name} ${why}`));
  expect(found).toEqual([]);
});

test.each([
  ['MODE=test node main.js', 'begins with MODE=test'],
  ['rm -rf dist && tsc', 'begins with rm'],
  ['tsc && cp -r dist out', 'begins with cp'],
  ["node -e 'run()'", "has '"],
  ['node main.js --parent $PPID', 'has $'],
])('%s is found out', (script, why) => {
  expect(unportable(script)).toContain(why);
});

test('where there is no exec, a command file of its name runs what it is given', () => {
  expect(readFileSync(join(repositoryRoot, 'exec.cmd'), 'utf8').trimEnd().split('\n').at(-1)).toBe('@%*');
});
