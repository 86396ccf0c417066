import { registry } from '../../../ops/src/checks/registry';
import { deployed } from '../../../ops/src/checks/target';
import { leftOut, refusing, told } from '../../../ops/src/deploy/concerning';

const ids = registry.filter(({ scope }) => scope.some((each) => deployed.includes(each))).map(({ id }) => id);
const isLeftOut = (id: string) => leftOut.some((beginning) => id === beginning || id.startsWith(`${beginning}-`));

test('of each check it is said, once, what it is to a deployment', () => {
  const said = ids.map((id) => [id, [refusing.includes(id), told.includes(id), isLeftOut(id)].filter(Boolean).length]);
  expect(said).toEqual(ids.map((id) => [id, 1]));
  expect([...refusing, ...told].filter((id) => !ids.includes(id))).toEqual([]);
});

test('what keeps from a deployment needs nothing that runs', () => {
  const needs = registry.filter(({ id }) => refusing.includes(id)).flatMap(({ needs = [] }) => needs);
  expect(needs.filter(isLeftOut)).toEqual([]);
});
