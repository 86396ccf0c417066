import { readFileSync } from 'node:fs';
import { readExpression } from '../../app/src/embedded/monitor/expression';
import { EmbeddedMonitor } from '../../app/src/embedded/monitor/monitor';
import rules from '../../app/src/embedded/monitor/rules.json';
import { embeddedRulesFile, renderEmbeddedRules } from '../../tools/embedded-rules';
import type { AlertCase, Series } from './alert-case';
import { readSeries } from './series';
import { watchedComponents } from './watched-components';

const evaluated = rules.alerts.map(({ name }) => name);

test('the embedded product evaluates the rules as they are; renew its copy with npm run rules:embedded', () => {
  expect(readFileSync(embeddedRulesFile, 'utf8')).toBe(renderEmbeddedRules());
});

test('it evaluates or names every alert there is', () => {
  const all = watchedComponents.flatMap(({ alerts = [] }) => alerts.map(({ name }) => name));
  expect([...evaluated, ...rules.elsewhere.map(({ name }) => name)].sort()).toEqual(all.sort());
});

/** The alert once the series have been sampled every minute up to this one. */
function alertAt(name: string, series: Series, minute: number) {
  const monitor = new EmbeddedMonitor();
  const samplesAt = readSeries(series);
  for (let passed = 0; passed <= minute; passed++) monitor.look(passed * 60, samplesAt(passed));
  return monitor.report().alerts.find((alert) => alert.name === name);
}

const cases = watchedComponents
  .flatMap(({ cases }) => Object.entries(cases))
  .filter(([name]) => evaluated.includes(name))
  .map(([name, behaviour]): AlertCase & { name: string } => ({ name, ...behaviour }));

test.each(cases)(
  '$name is pending, fires and says so as with promtool',
  ({ name, firing, pendingAt, firingAt, says }) => {
    expect(alertAt(name, firing, pendingAt)).toMatchObject({ state: 'pending', cases: [{ state: 'pending' }] });
    expect(alertAt(name, firing, firingAt)).toMatchObject({
      state: 'firing',
      cases: [{ state: 'firing', description: says }],
    });
  },
);

test.each(cases)('$name is quiet where promtool says so', ({ name, quiet, firingAt }) => {
  expect(alertAt(name, quiet, firingAt)).toMatchObject({ state: 'inactive', cases: [] });
});

test.each([
  ['up offset 5m', 'OffsetExpr'],
  ['sum without (a) (up)', 'AggregateModifier'],
  ['topk(3, up)', 'AggregateExpr'],
  ['up / on (a) up', 'BinaryExpr'],
  ['up > bool 1', 'BinaryExpr'],
  ['up unless up', 'BinaryExpr'],
  ['1 > up', 'NumberDurationLiteral'],
  ['avg_over_time(up[5m])', 'FunctionCall'],
  ['rate(up[5m:1m])', 'SubqueryExpr'],
  ['rate(up[1h30m])', 'DurationExpr'],
  ["up{a='b'}", 'UnquotedLabelMatcher'],
  ['up{"a"="b"}', 'QuotedLabelMatcher'],
  ['{a="b"}', 'VectorSelector'],
  ['up[5m]', 'MatrixSelector'],
  ['up >', '⚠'],
  ['', '⚠'],
  ['1', 'PromQL'],
])('an alert with %s cannot be given to the embedded product', (expression, part) => {
  expect(() => readExpression(expression)).toThrow(`(${part}), which the operations view of the embedded product`);
});

test('an alert that it could not evaluate or word stops the renewal of its copy', () => {
  const [alert] = watchedComponents.flatMap(({ alerts = [] }) => alerts);
  if (!alert) throw new Error('there is no alert');
  expect(() => renderEmbeddedRules([{ ...alert, expression: 'deriv(up[5m]) > 0' }])).toThrow("'deriv(up[5m])'");
  expect(() => renderEmbeddedRules([{ ...alert, description: '{{ $value | humanize }}' }])).toThrow(
    '$value | humanize',
  );
});
