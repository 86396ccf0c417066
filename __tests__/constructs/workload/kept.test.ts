import { Secret } from '../../../constructs/workload/secret';
import { Workload } from '../../../constructs/workload/workload';
import { rendered, stateful, type TargetName, targets } from '../../product';
import type { Body, SynthesizedStack } from '../../synthesized';

interface Entries extends Body {
  readonly for_each: Readonly<Record<string, string>>;
}

const unit = 'application';
const claim = 'kubernetes_persistent_volume_claim_v1.store-data';
const none = { moved: [], leftBehind: [], changed: [], imported: [] };

const withStore = (target: TargetName, values: Parameters<typeof rendered>[2] = {}): SynthesizedStack =>
  rendered(
    target,
    (stack) => {
      new Secret(stack, 'secret', { component: 'store', keys: { password: '{password}' } });
      new Workload(stack, 'store', stateful());
    },
    { deletionProtection: true, ...values },
  );

const entriesOf = (stack: SynthesizedStack, list = 'kept') =>
  Object.keys(stack.resource<Entries>('terraform_data', list).for_each);

test('the state has an entry of everything that may not be destroyed, which may not be either', () => {
  const stack = withStore('kubernetes');
  expect(stack.resource('terraform_data', 'kept').lifecycle).toEqual({ prevent_destroy: true });
  expect(entriesOf(stack)).toEqual(['kubernetes_namespace_v1.namespace', claim, 'kubernetes_secret_v1.store']);
  expect(entriesOf(withStore('docker'))).toEqual(['docker_volume.store-data']);
});

test('the list stays where nothing is kept any more, or nobody would be refused', () => {
  expect(entriesOf(rendered('docker', () => undefined, { deletionProtection: true }))).toEqual([]);
});

test.each(targets)('an environment on %s that protects nothing remembers nothing', (target) => {
  expect(withStore(target, { deletionProtection: false }).resources('terraform_data')).toEqual({});
});

test('what is left behind is forgotten and not destroyed, and its entry is one that nobody keeps', () => {
  const { json } = withStore('kubernetes', {
    transitions: { ...none, leftBehind: [{ unit, address: 'kubernetes_secret_v1.old', reason: 'nobody reads it' }] },
  });
  expect(json).toMatchObject({
    removed: [{ from: 'kubernetes_secret_v1.old', lifecycle: { destroy: false } }],
    moved: [
      {
        from: 'terraform_data.kept["kubernetes_secret_v1.old"]',
        to: 'terraform_data.left-behind["kubernetes_secret_v1.old"]',
      },
    ],
    resource: { terraform_data: { 'left-behind': { for_each: { 'kubernetes_secret_v1.old': expect.anything() } } } },
  });
});

test('what has moved takes its entry along', () => {
  const from = 'kubernetes_persistent_volume_claim_v1.shop-data';
  const { json } = withStore('kubernetes', { transitions: { ...none, moved: [{ unit, from, to: claim }] } });
  expect(json).toMatchObject({
    moved: [
      { from, to: claim },
      { from: `terraform_data.kept["${from}"]`, to: `terraform_data.kept["${claim}"]` },
    ],
  });
});

test('what exists is imported by its id', () => {
  const imported = [{ unit, to: 'kubernetes_namespace_v1.namespace', id: 'stock-analysis' }];
  expect(withStore('kubernetes', { transitions: { ...none, imported } }).json).toMatchObject({
    import: [{ to: 'kubernetes_namespace_v1.namespace', id: 'stock-analysis' }],
  });
});

test('a transition of another unit is none of this stack', () => {
  const transitions = { ...none, leftBehind: [{ unit: 'data', address: 'kubernetes_secret_v1.old', reason: 'x' }] };
  expect(withStore('kubernetes', { transitions }).text).toBe(withStore('kubernetes').text);
});
