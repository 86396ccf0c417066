import { scopedTo } from '../../../constructs/prometheus/scoped-expression';
import { alwaysFiring, watchedComponents } from '../../alerts/watched-components';

const scoped = (expression: string) => scopedTo({ environment: 'dev' }, expression);

test.each([
  ['up == 0', 'up{environment="dev"} == 0'],
  ['up{job="api"}', 'up{environment="dev",job="api"}'],
  ['up{}', 'up{environment="dev",}'],
  ['{__name__="up"}', '{environment="dev",__name__="up"}'],
  ['rate(a{b="}"}[5m]) / c', 'rate(a{environment="dev",b="}"}[5m]) / c{environment="dev"}'],
  ['absent(a) or vector(0)', 'absent(a{environment="dev"}) or vector(0)'],
  ['sum by (a) (level:metric:rate5m offset 1h)', 'sum by (a) (level:metric:rate5m{environment="dev"} offset 1h)'],
])('%s becomes %s', (expression, expected) => {
  expect(scoped(expression)).toBe(expected);
});

test('every rule but the one that always fires looks at our series', () => {
  const rules = watchedComponents.flatMap(({ alerts = [], recordings = [] }) => [...alerts, ...recordings]);
  const unscoped = rules.filter(({ expression }) => !scoped(expression).includes('environment="dev"'));
  expect(rules.length).toBeGreaterThan(50);
  expect(unscoped.map(({ name }) => name)).toEqual([alwaysFiring]);
});

test('what is no PromQL is refused', () => {
  expect(() => scoped('up == ')).toThrow('rule "up == ": no PromQL at position');
});
