import type { Alert } from '../workload/observations';

/** What any Prometheus tells of its targets. */
export const targetAlerts: readonly Alert[] = [
  {
    name: 'TargetDown',
    expression: 'up == 0',
    forSeconds: 120,
    severity: 'critical',
    summary: 'A target cannot be scraped',
    description: '{{ $labels.job }} {{ $labels.instance }} gives no metrics (up is {{ $value }})',
  },
];

/** What Prometheus tells of itself. */
export const prometheusAlerts: readonly Alert[] = [
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
  {
    name: 'AlertsDropped',
    expression: 'increase(prometheus_notifications_dropped_total[15m]) > 0',
    forSeconds: 60,
    severity: 'critical',
    summary: 'Prometheus gave alerts up',
    description: '{{ $value | printf "%.0f" }} alerts were not handed to Alertmanager in 15 minutes, and will not be',
  },
  {
    name: 'PrometheusRulesLate',
    expression: 'increase(prometheus_rule_group_iterations_missed_total[15m]) > 0',
    forSeconds: 300,
    severity: 'warning',
    summary: 'Rules are not evaluated in time',
    description:
      '{{ $labels.rule_group }} was left out {{ $value | printf "%.0f" }} times in 15 minutes: an evaluation takes longer than it may',
  },
  {
    name: 'PrometheusWriteFails',
    expression: 'increase(prometheus_tsdb_wal_writes_failed_total[5m]) > 0',
    forSeconds: 60,
    severity: 'critical',
    summary: 'Prometheus cannot keep what it scrapes',
    description: '{{ $value | printf "%.0f" }} writes of its log failed in 5 minutes',
  },
  {
    name: 'PrometheusCompactionFails',
    expression: 'increase(prometheus_tsdb_compactions_failed_total[6h]) > 0',
    forSeconds: 600,
    severity: 'warning',
    summary: 'Prometheus cannot put its blocks together',
    description: '{{ $value | printf "%.0f" }} compactions failed in 6 hours; memory and disk fill',
  },
  {
    name: 'TargetsNotFound',
    // What is not found has no `up` that could be 0.
    expression: 'increase(prometheus_sd_kubernetes_failures_total[10m]) > 0',
    forSeconds: 300,
    severity: 'critical',
    summary: 'Prometheus may not ask the cluster for its targets',
    description: '{{ $value | printf "%.0f" }} questions for pods failed in 10 minutes; new pods are not watched',
  },
];
