import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { environmentNames } from '../../config/environments';
import { renderPlans, renderReadme } from '../../stacks/plans';
import { environmentSystem, unitsOf } from '../synthesized';

const directory = join(__dirname, '../../plans');
const plans = renderPlans();
const stackPlans = environmentNames.flatMap((name) => unitsOf(name).map((unit) => `${name}/${unit}.json`));
const renew = 'plans/ is not what the sources say: run `npm run plans` and review its diff';

/** The first line in which two texts differ, on both sides. */
function firstDifference(committed: string, rendered: string): string | undefined {
  const [before, after] = [committed.split('\n'), rendered.split('\n')];
  const line = before.findIndex((text, index) => text !== after[index]);
  const at = line >= 0 ? line : before.length;
  return committed === rendered ? undefined : `${renew}\nline ${at + 1}\n- ${before[at] ?? ''}\n+ ${after[at] ?? ''}`;
}

test('there is one plan for each stack of each environment, and no other file', () => {
  const committed = readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(directory.length + 1));
  if (committed.sort().join() !== [...plans.keys()].sort().join()) throw new Error(renew);
  expect(committed).toEqual(expect.arrayContaining(stackPlans));
});

test.each([...plans.keys()].sort())('%s is current', (path) => {
  const committed = readFileSync(join(directory, path), 'utf8');
  expect(firstDifference(committed, plans.get(path) as string)).toBeUndefined();
});

test('the picture of the architecture in README.md is current', () => {
  const readme = readFileSync(join(directory, '../README.md'), 'utf8');
  expect(firstDifference(readme, renderReadme(readme))).toBeUndefined();
  expect(renderReadme('<!-- architecture -->\nold\n<!-- /architecture -->')).toContain('gateway -->|8000| api');
});

test('a change of one value is told by its line', () => {
  expect(firstDifference('{\n  "a": 1\n}\n', '{\n  "a": 2\n}\n')).toBe(`${renew}\nline 2\n-   "a": 1\n+   "a": 2`);
});

test('a plan holds everything but what changes on its own', () => {
  const text = plans.get('local/application.json') as string;
  const built = environmentSystem('local')
    .stack('application')
    .resource<{ triggers: { sources: string } }>('docker_image', 'app');
  expect(text).not.toContain(built.triggers.sources);
  expect(JSON.parse(text).resource.docker_image.app.triggers.sources).toBe('(hash of the sources)');
  expect(text).not.toContain('"//"');
});
