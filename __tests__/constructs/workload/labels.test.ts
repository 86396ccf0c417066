import { commonLabels, runningLabels, selectorLabels, systemLabels } from '../../../constructs/workload/labels';

const labelled = { component: 'api', name: 'stock-analysis-api', purpose: 'backend' };

test('every object carries the recommended labels, and what runs its version too', () => {
  expect(commonLabels(labelled)).toEqual({
    'app.kubernetes.io/name': 'api',
    'app.kubernetes.io/instance': 'stock-analysis-api',
    'app.kubernetes.io/component': 'backend',
    'app.kubernetes.io/part-of': 'stock-analysis',
    'app.kubernetes.io/managed-by': 'terraform',
  });
  expect(runningLabels(labelled, '1.2.3')).toEqual({
    ...commonLabels(labelled),
    'app.kubernetes.io/version': '1.2.3',
  });
});

test('the labels that select pods are among those the pods carry', () => {
  expect(commonLabels(labelled)).toMatchObject(selectorLabels('api', 'stock-analysis-api'));
  expect(commonLabels(labelled)).toMatchObject(systemLabels);
});

test('a selector never changes with a version or a role, or an upgrade could not be applied', () => {
  expect(selectorLabels('api', 'stock-analysis-api')).toEqual({
    'app.kubernetes.io/name': 'api',
    'app.kubernetes.io/instance': 'stock-analysis-api',
  });
});

test('two components are never selected by the same labels', () => {
  expect(selectorLabels('api', 'stock-analysis-api')).not.toEqual(selectorLabels('api-2', 'stock-analysis-api-2'));
});
