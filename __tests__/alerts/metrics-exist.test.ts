import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Exposition, readExposition } from '../expositions/exposition';
import { watchedComponents } from './watched-components';

/** Those whose alerts rest on the metrics of our own processes. */
const ours = ['api', 'scheduler', 'worker'];
const exposition: Exposition = readExposition(
  ours.map((name) => readFileSync(join(__dirname, `../expositions/${name}.prom`), 'utf8')).join('\n'),
);
/** The label that is a part of each bucket, though it is not one of the metric. */
const given = ['le', 'instance', 'job', 'component'];

/** The metrics that an expression selects, with the labels it matches. */
const selected = (expression: string) =>
  [...expression.matchAll(/\b([a-z]+(?:_[a-z]+)+|up)\b(?!\s*\()(?:\{([^}]*)\})?/g)]
    .filter(([, name = '']) => !['histogram_quantile'].includes(name))
    .map(([, name = '', matchers = '']) => ({
      name,
      labels: [...matchers.matchAll(/(\w+)\s*(?:=~|!~|!=|=)/g)].map(([, label = '']) => label),
    }));

const expressions = watchedComponents
  .filter(({ component }) => ours.includes(component))
  .flatMap(({ alerts = [], recordings = [] }) => [...alerts, ...recordings])
  .map(({ name, expression }) => ({ name, expression: expression.replace(/by \([^)]*\)|\w+:\w+:\w+/g, '') }));

test.each(expressions)('$name rests on metrics and labels that our processes tell', ({ expression }) => {
  for (const { name, labels } of selected(expression)) {
    expect([...exposition.keys()]).toContain(name);
    // One without a sample yet shows no labels.
    const known = exposition.get(name) ?? new Set();
    if (known.size > 0) expect([...known, ...given]).toEqual(expect.arrayContaining(labels));
  }
});

test('a metric and a label that nobody tells are found', () => {
  expect(selected('sum(rate(made_up_total{nowhere="a"}[5m]))')).toEqual([
    { name: 'made_up_total', labels: ['nowhere'] },
  ]);
  expect(exposition.has('made_up_total')).toBe(false);
});
