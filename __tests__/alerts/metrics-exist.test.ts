import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Exposition, readExposition } from '../expositions/exposition';
import { watchedComponents } from './watched-components';

const recorded = (...names: string[]): Exposition =>
  readExposition(names.map((name) => readFileSync(join(__dirname, `../expositions/${name}.prom`), 'utf8')).join('\n'));
const ours = recorded('api', 'scheduler', 'worker');
/** What tells the metrics that the alerts of a component rest on. */
const expositions: Readonly<Record<string, Exposition>> = {
  alertmanager: recorded('alertmanager', 'scheduler'),
  api: ours,
  backup: recorded('backup'),
  elasticsearch: recorded('elasticsearch-exporter'),
  gateway: recorded('nginx-exporter', 'blackbox-exporter', 'blackbox-exporter-tls'),
  'kube-state-metrics': recorded('kube-state-metrics'),
  kubelet: recorded('kubelet', 'kubelet-cadvisor'),
  logstash: recorded('log-watch', 'elasticsearch-exporter'),
  'node-exporter': recorded('node-exporter'),
  postgres: recorded('postgres-exporter'),
  prometheus: recorded('prometheus'),
  redis: recorded('redis-exporter'),
  scheduler: ours,
  worker: ours,
};
/** The label that is a part of each bucket, though it is not one of the metric. */
const given = ['le', 'instance', 'job', 'component'];
/** Prometheus's own of each target. */
const made = ['up'];

/** The metrics that an expression selects, with the labels it matches. */
const selected = (expression: string) =>
  [...expression.matchAll(/\b([a-z]+(?:_[a-z]+)+|up)\b(?!\s*\()(?:\{([^}]*)\})?/g)]
    .filter(([, name = '']) => !['histogram_quantile', ...made].includes(name))
    .map(([, name = '', matchers = '']) => ({
      name,
      labels: [...matchers.matchAll(/(\w+)\s*(?:=~|!~|!=|=)/g)].map(([, label = '']) => label),
    }));

const expressions = watchedComponents.flatMap(({ component, alerts = [], recordings = [] }) =>
  [...alerts, ...recordings].map(({ name, expression }) => ({
    name,
    expression: expression.replace(/(by|on) \([^)]*\)|\w+:\w+:\w+/g, ''),
    exposition: expositions[component] ?? new Map(),
  })),
);

test.each(expressions)(
  '$name rests on metrics and labels that were told when recorded',
  ({ expression, exposition }) => {
    for (const { name, labels } of selected(expression)) {
      expect([...exposition.keys()]).toContain(name);
      // One without a sample yet shows no labels.
      const known = exposition.get(name) ?? new Set();
      if (known.size > 0) expect([...known, ...given]).toEqual(expect.arrayContaining(labels));
    }
  },
);

test('a metric and a label that nobody tells are found', () => {
  expect(selected('sum(rate(made_up_total{nowhere="a"}[5m]))')).toEqual([
    { name: 'made_up_total', labels: ['nowhere'] },
  ]);
  expect(Object.values(expositions).some((exposition) => exposition.has('made_up_total'))).toBe(false);
});
