import { type Alert, runbookOf } from '../../constructs/workload/observations';
import type { AlertCase, Series } from './alert-case';

/** What stands before the path of a runbook in the tests. */
export const repository = 'https://repository.test';

const named = (name: string, series: Series, checks: object) => ({
  name,
  interval: '1m',
  input_series: Object.entries(series).map(([written, values]) => ({ series: written, values })),
  ...checks,
});

/** How many series of an alert are in a state: none, or one. */
const inState = (alert: Alert, state: 'pending' | 'firing', minute: number, isOne: boolean) => ({
  expr: `count(ALERTS{alertname="${alert.name}", alertstate="${state}"})`,
  eval_time: `${minute}m`,
  exp_samples: isOne ? [{ labels: '{}', value: 1 }] : [],
});

/** promtool's tests of one alert: it is pending, it fires with its labels and texts, and it is quiet. */
export function promtoolTests(alert: Alert, { firing, pendingAt, firingAt, labels, says, quiet }: AlertCase): object[] {
  const told = {
    exp_labels: { severity: alert.severity, ...labels },
    exp_annotations: {
      summary: alert.summary,
      description: says,
      runbook_url: `${repository}/${runbookOf(alert)}`,
    },
  };
  return [
    named(`${alert.name} is pending, then fires`, firing, {
      alert_rule_test: [{ alertname: alert.name, eval_time: `${firingAt}m`, exp_alerts: [told] }],
      promql_expr_test: [inState(alert, 'pending', pendingAt, true), inState(alert, 'firing', pendingAt, false)],
    }),
    named(`${alert.name} is quiet`, quiet, {
      promql_expr_test: [inState(alert, 'pending', firingAt, false), inState(alert, 'firing', firingAt, false)],
    }),
  ];
}

/** promtool's test of the alert that always fires. */
export const alwaysFiringTest = (alert: Alert): object =>
  named(`${alert.name} fires`, {}, { promql_expr_test: [inState(alert, 'firing', 0, true)] });
