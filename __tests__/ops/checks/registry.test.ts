import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { readOfStockDoctor } from '../../../ops/src/checks/data-checks';
import { renderPage } from '../../../ops/src/checks/page';
import { categories, registry, retired, withNeeds } from '../../../ops/src/checks/registry';
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

test('every page that a check leads to is there', () => {
  const links = registry.flatMap(({ about }) => [...about.matchAll(/\]\(([^)#]+)/g)].map(([, link]) => link ?? ''));
  expect(links.length).toBeGreaterThan(10);
  expect(links.filter((link) => !existsSync(path.join(docs, link)))).toEqual([]);
});

test('what stock doctor looks at is read, all of it', () => {
  const source = readFileSync(path.join(repositoryRoot, 'app/src/commands/doctor.ts'), 'utf8');
  const looked = [...source.matchAll(/^ {4,8}'?([a-z][a-z ]*)'?: (?:async \(\)|sourcesCheck\()/gm)].map(
    ([, name]) => name,
  );
  expect(looked).toHaveLength(16);
  expect([...readOfStockDoctor].sort()).toEqual(looked.sort());
});

test('what is wanted comes with what it needs, and in its order', () => {
  const wanted = withNeeds(registry, ({ id }) => id === 'K8S-003');
  expect(wanted.map(({ id }) => id)).toEqual(['ENV-001', 'TOOL-003', 'K8S-001', 'K8S-002', 'K8S-003']);
});
