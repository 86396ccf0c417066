import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { commandOf, pageOf } from '../../../ops/src/checks/check';
import { readOfStockDoctor } from '../../../ops/src/checks/data-checks';
import { renderPage } from '../../../ops/src/checks/page';
import { categories, registry, retired, withNeeds } from '../../../ops/src/checks/registry';
import type { Target } from '../../../ops/src/checks/target';
import { hostChecks } from '../../../ops/src/host/checks/checks';
import { repositoryRoot } from '../../command';
import { givenIds } from './given-ids';

const docs = path.join(repositoryRoot, 'docs');
const ids = registry.map(({ id }) => id);

test('an id is given once, and stays with its question', () => {
  expect(new Set(ids).size).toBe(ids.length);
  const now = Object.fromEntries(registry.map(({ id, title }) => [id, title]));
  const kept = Object.entries(givenIds).filter(([id]) => !retired.includes(id));
  expect(now).toEqual(Object.fromEntries(kept));
});

test('the id of a check that is gone is given to no other', () => {
  expect(retired.filter((id) => ids.includes(id))).toEqual([]);
  expect(retired.filter((id) => !(id in givenIds))).toEqual([]);
});

test('an id means one thing, whether the doctor or `host check` says it', () => {
  const ofMachine = hostChecks.map(({ id }) => id);
  expect(new Set([...ids, ...ofMachine]).size).toBe(ids.length + ofMachine.length);
});

test.each(Object.entries(categories))('the ids of %s say so, with three digits', (beginning, { checks }) => {
  for (const { id } of checks) expect(id).toMatch(new RegExp(`^${beginning}-\\d{3}$`));
});

test('what a check needs is told before it', () => {
  const late = registry.flatMap(({ id, needs = [] }, index) =>
    needs.filter((need) => !ids.slice(0, index).includes(need)).map((need) => `${id} needs ${need}`),
  );
  expect(late).toEqual([]);
});

test('the page of the checks is the one that they make; npm run checks writes it', () => {
  expect(readFileSync(path.join(docs, 'checks.md'), 'utf8')).toBe(renderPage());
});

/** A page, or a heading of it, that is not there. */
const isLost = (link: string) => {
  const [page = '', heading] = link.split('#');
  const file = path.join(docs, page);
  if (!existsSync(file)) return true;
  const headings = [...readFileSync(file, 'utf8').matchAll(/^#+ (.+)$/gm)].map(([, title = '']) =>
    title
      .toLowerCase()
      .replaceAll(' ', '-')
      .replaceAll(/[^\p{L}\d_-]/gu, ''),
  );
  return heading !== undefined && !headings.includes(heading);
};

test('every page that a check leads to is there', () => {
  const pages = registry.map(({ id }) => pageOf(id).replace(/^docs\//, ''));
  const links = registry.flatMap(({ about }) => [...about.matchAll(/\]\(([^)]+)/g)].map(([, link]) => link ?? ''));
  expect(links.length).toBeGreaterThan(10);
  expect([...pages, ...links].filter(isLost)).toEqual([]);
  expect(['checks.md#run-999', 'runbooks/NoAlert.md'].filter(isLost)).toHaveLength(2);
});

test('every page that a command names is there', () => {
  const source = path.join(repositoryRoot, 'ops/src');
  const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));
  const named = files.flatMap((file) =>
    [...readFileSync(path.join(source, file), 'utf8').matchAll(/\bdocs\/([\w/-]+\.md)/g)].map(([, page = '']) => page),
  );
  expect(new Set(named).size).toBeGreaterThan(5);
  // That of an alert, by its name.
  expect(named.filter((page) => page !== 'runbooks/ALERT.md' && isLost(page))).toEqual([]);
});

/** Programs that a place is not asked with, or that ask this machine where another is meant. */
const strange: Readonly<Record<Target, RegExp>> = {
  docker: /\bkubectl\b|\bssh\b|^(df|free|uptime|ps)\b/,
  kubernetes: /\bdocker\b|^(df|free|uptime|ps)\b/,
  embedded: /\bdocker\b|\bkubectl\b|\bssh\b/,
};
const advice = registry.flatMap((check) =>
  check.scope.map((target): [string, Target, string] => [check.id, target, commandOf(check, target)]),
);

test('every check has, in each place, a command that asks that place', () => {
  expect(advice.filter(([, , command]) => command === '')).toEqual([]);
  expect(advice.filter(([, target, command]) => strange[target].test(command))).toEqual([]);
});

test.each<[Target, string]>([
  ['docker', 'kubectl -n {namespace} get pods'],
  ['kubernetes', 'df -h'],
  ['embedded', 'docker ps'],
])('on %s, "%s" would be found', (target, command) => {
  expect(command).toMatch(strange[target]);
});

test('what stock doctor looks at is read, all of it', () => {
  const source = readFileSync(path.join(repositoryRoot, 'app/src/commands/doctor.ts'), 'utf8');
  const looked = [...source.matchAll(/^ {4,8}'?([a-z][a-z ]*)'?: (?:async \(\)|sourcesCheck\()/gm)].map(
    ([, name]) => name,
  );
  expect(looked).toHaveLength(17);
  expect([...readOfStockDoctor].sort()).toEqual(looked.sort());
});

test('what is wanted comes with what it needs, and in its order', () => {
  const wanted = withNeeds(registry, ({ id }) => id === 'K8S-003');
  expect(wanted.map(({ id }) => id)).toEqual(['ENV-001', 'TOOL-003', 'K8S-001', 'K8S-002', 'K8S-003']);
});
