import { CustomObject, type CustomObjectProps, isCustomKind } from '../../../constructs/workload/custom-object';
import { chartObjects } from '../../kubernetes-objects';
import { type ProductStack, rendered } from '../../product';
import type { Body } from '../../synthesized';

const monitor: CustomObjectProps = {
  component: 'web',
  apiVersion: 'monitoring.coreos.com/v1',
  kind: 'PodMonitor',
  body: { spec: { jobLabel: 'web' } },
};
const priority: CustomObjectProps = {
  component: 'web',
  apiVersion: 'scheduling.k8s.io/v1',
  kind: 'PriorityClass',
  isClusterScoped: true,
  body: { value: 1000 },
};
const withObjects =
  (...objects: CustomObjectProps[]) =>
  (stack: ProductStack) => {
    for (const [index, props] of objects.entries()) new CustomObject(stack, `object-${index}`, props);
  };

test('an object is installed by our chart, with the labels of its component', () => {
  expect(chartObjects(rendered('kubernetes', withObjects(monitor)))).toEqual([
    {
      apiVersion: 'monitoring.coreos.com/v1',
      kind: 'PodMonitor',
      metadata: {
        name: 'stock-analysis-web',
        namespace: 'stock-analysis',
        labels: expect.objectContaining({ 'app.kubernetes.io/name': 'web' }),
      },
      spec: { jobLabel: 'web' },
    },
  ]);
});

test('two objects of a component are told apart by a suffix', () => {
  const stack = rendered('kubernetes', withObjects(monitor, { ...monitor, suffix: 'slow' }));
  expect(chartObjects(stack).map(({ metadata }) => metadata.name)).toEqual([
    'stock-analysis-web',
    'stock-analysis-web-slow',
  ]);
});

test('outside every namespace, its name is the environment’s', () => {
  const [object] = chartObjects(rendered('kubernetes', withObjects(priority)));
  expect(object?.metadata).toMatchObject({ name: 'stock-analysis-dev-web' });
  expect(object?.metadata).not.toHaveProperty('namespace');
});

test('those of a custom kind are in a release that comes after that of the built-in kinds', () => {
  const stack = rendered('kubernetes', withObjects(monitor, priority));
  const kinds = (id: string) =>
    JSON.parse(stack.resource<Body & { values: string[] }>('helm_release', id).values[0] as string).objects.map(
      ({ kind }: { kind: string }) => kind,
    );
  expect([kinds('release'), kinds('custom')]).toEqual([['PriorityClass'], ['PodMonitor']]);
  expect(stack.resource('helm_release', 'custom').depends_on).toContain('helm_release.release');
});

test('on Docker it is refused with the name of the component', () => {
  expect(() => rendered('docker', withObjects(monitor))).toThrow(
    'component "web": a PodMonitor is an object of Kubernetes, and environment "local" is on Docker',
  );
});

test.each([
  ['v1', false],
  ['apps/v1', false],
  ['networking.k8s.io/v1', false],
  ['gateway.networking.k8s.io/v1', true],
  ['postgresql.cnpg.io/v1', true],
  ['monitoring.coreos.com/v1', true],
])('the kinds of %s are custom: %s', (apiVersion, expected) => {
  expect(isCustomKind(apiVersion)).toBe(expected);
});
