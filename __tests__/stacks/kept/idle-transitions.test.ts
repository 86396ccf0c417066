import { defineEnvironment } from '../../../config/environment';
import { environmentByName } from '../../../config/environments';
import type { Plan } from '../../../stacks/kept/plan';
import { refuseIdleTransitions } from '../../../stacks/kept/refuse-idle-transitions';
import { changed } from '../../config/changed';

const secret = (name: string, namespace = 'stock') => ({
  metadata: { name, namespace },
  lifecycle: { prevent_destroy: true },
});
const plan = (...names: string[]): Plan => ({
  resource: { kubernetes_secret_v1: Object.fromEntries(names.map((name) => [name, secret(name)])) },
});
const address = (name: string) => `kubernetes_secret_v1.${name}`;

/** The problems of an environment's transitions between two plans of its unit `data`. */
function problems(transitions: object, before: Plan, after: Plan): string[] {
  const config = defineEnvironment(changed(environmentByName('dev'), { transitions }));
  try {
    refuseIdleTransitions(config, new Map([['data', before]]), new Map([['data', after]]));
  } catch (error) {
    return (error as Error).message.split('\n').slice(1);
  }
  return [];
}

const leaving = { leftBehind: [{ unit: 'data', address: address('old'), reason: 'x' }] };
const moving = { moved: [{ unit: 'data', from: address('old'), to: address('new') }] };
const changing = {
  changed: [{ unit: 'data', address: address('one'), what: 'namespace', from: 'a', to: 'b', reason: 'x' }],
};
const importing = { imported: [{ unit: 'data', to: 'kubernetes_namespace_v1.namespace', id: 'stock' }] };

test('what is left behind was there, before the plans were renewed and after', () => {
  expect(problems(leaving, plan('old'), plan())).toEqual([]);
  expect(problems(leaving, { removed: [{ from: address('old') }] }, plan())).toEqual([]);
  expect(problems(leaving, plan(), plan())).toEqual([
    '  transitions.leftBehind[0]: plans/dev never had kubernetes_secret_v1.old in data',
  ]);
  expect(problems(leaving, plan('old'), plan('old'))).toEqual([
    '  transitions.leftBehind[0]: data has kubernetes_secret_v1.old again',
  ]);
});

test('what has moved is at its new address, and was at its old one', () => {
  expect(problems(moving, plan('old'), plan('new'))).toEqual([]);
  expect(
    problems(moving, { ...plan('new'), moved: [{ from: address('old'), to: address('new') }] }, plan('new')),
  ).toEqual([]);
  expect(problems(moving, plan('old'), plan())).toEqual([
    '  transitions.moved[0]: data has no kubernetes_secret_v1.new',
  ]);
  expect(problems(moving, plan('old'), plan('old', 'new'))).toEqual([
    '  transitions.moved[0]: data still has kubernetes_secret_v1.old',
  ]);
  expect(problems(moving, plan(), plan('new'))).toEqual([
    '  transitions.moved[0]: plans/dev never had kubernetes_secret_v1.old in data',
  ]);
});

test('what is changed on purpose is what it was to become', () => {
  const at = (namespace: string): Plan => ({ resource: { kubernetes_secret_v1: { one: secret('one', namespace) } } });
  expect(problems(changing, at('a'), at('b'))).toEqual([]);
  expect(problems(changing, at('b'), at('b'))).toEqual([]);
  expect(problems(changing, at('b'), at('c'))).toEqual([
    '  transitions.changed[0]: namespace of kubernetes_secret_v1.one is c, not b',
  ]);
  expect(problems(changing, at('c'), at('b'))).toEqual([
    '  transitions.changed[0]: namespace of kubernetes_secret_v1.one never was a in plans/dev',
  ]);
});

test('what is imported is described', () => {
  const described: Plan = { resource: { kubernetes_namespace_v1: { namespace: { metadata: { name: 'stock' } } } } };
  expect(problems(importing, plan(), described)).toEqual([]);
  expect(problems(importing, plan(), plan())).toEqual([
    '  transitions.imported[0]: data has no kubernetes_namespace_v1.namespace',
  ]);
});

test('a Secret is not imported: its text would come into the state', () => {
  const imported = [{ unit: 'data', to: address('one'), id: 'stock/one' }];
  expect(() => problems({ imported }, plan(), plan('one'))).toThrow(/allowed: anything but a Secret/);
});

test('a transition without a reason, or of no address, is refused with its path', () => {
  expect(() => problems({ leftBehind: [{ unit: 'data', address: 'x', reason: ' ' }] }, plan(), plan())).toThrow(
    /transitions\.leftBehind\[?\.?0\]?\.address: got "x".*\n.*transitions\.leftBehind\[?\.?0\]?\.reason: got " "/s,
  );
});
