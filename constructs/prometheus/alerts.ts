import type { Alert } from '../workload/observations';

/** What Prometheus tells of its targets and of itself. */
export const prometheusAlerts: readonly Alert[] = [
  {
    name: 'TargetDown',
    expression: 'up == 0',
    forSeconds: 120,
    severity: 'critical',
    summary: 'A target cannot be scraped',
    description: '{{ $labels.job }} {{ $labels.instance }} gives no metrics (up is {{ $value }})',
  },
  {
    name: 'Watchdog',
    expression: 'vector(1)',
    forSeconds: 0,
    severity: 'info',
    summary: 'Alerting works',
    description: 'Always firing (value {{ $value }}); when it stops arriving, nothing would be told',
  },
  {
    name: 'PrometheusConfigRefused',
    expression: 'prometheus_config_last_reload_successful == 0',
    forSeconds: 300,
    severity: 'critical',
    summary: 'Prometheus refused its configuration',
    description: 'The last reload of {{ $labels.instance }} failed (value {{ $value }}); it runs with the one before',
  },
  {
    name: 'PrometheusRuleFails',
    expression: 'increase(prometheus_rule_evaluation_failures_total[5m]) > 0',
    forSeconds: 600,
    severity: 'critical',
    summary: 'A rule cannot be evaluated',
    description: '{{ $value | printf "%.0f" }} evaluations failed in 5 minutes',
  },
  {
    name: 'AlertsNotSent',
    expression: 'rate(prometheus_notifications_errors_total[5m]) > 0',
    forSeconds: 300,
    severity: 'critical',
    summary: 'Prometheus does not reach Alertmanager',
    description: '{{ $value | printf "%.2f" }} notifications per second fail to reach {{ $labels.alertmanager }}',
  },
];
