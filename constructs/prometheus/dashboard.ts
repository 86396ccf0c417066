import { dashboard, now, overTime } from '../grafana/panels';
import type { Dashboard } from '../workload/observations';

/** What watches all the others: Prometheus, and the Alertmanager that it tells. */
export const monitoringDashboard = (environment: string): Dashboard =>
  dashboard({
    uid: 'stock-monitoring',
    title: 'Monitoring',
    description: 'Whether what watches the system works: Prometheus and Alertmanager.',
    environment,
    panels: [
      overTime({
        title: 'Targets that are down',
        description: 'By job. After two minutes somebody is told.',
        alerts: ['TargetDown', 'TargetsNotFound'],
        unit: 'short',
        badFrom: 1,
        queries: [{ expression: 'sum by (job) (1 - up)', legend: '{{job}}' }],
      }),
      now({
        title: 'Configurations refused',
        description: 'Of Prometheus and of Alertmanager: it runs with the one before.',
        alerts: ['PrometheusConfigRefused', 'AlertmanagerConfigRefused'],
        unit: 'short',
        badFrom: 1,
        queries: [
          { expression: 'sum(1 - prometheus_config_last_reload_successful)', legend: 'Prometheus' },
          { expression: 'sum(1 - alertmanager_config_last_reload_successful)', legend: 'Alertmanager' },
        ],
      }),
      overTime({
        title: 'Samples',
        description: 'Stored a second.',
        alerts: ['PrometheusWriteFails'],
        unit: 'cps',
        queries: [
          {
            expression: 'sum(rate(prometheus_tsdb_head_samples_appended_total[$__rate_interval]))',
            legend: 'samples',
          },
        ],
      }),
      overTime({
        title: 'Series',
        description: 'Series of the last hours, which are in memory. A jump is a label with too many values.',
        unit: 'short',
        queries: [{ expression: 'sum(prometheus_tsdb_head_series)', legend: 'series' }],
      }),
      overTime({
        title: 'Time in rules',
        description:
          'Share of the time between two evaluations that one takes, by the component of the rules. From 100 % on some are left out.',
        alerts: ['PrometheusRulesLate', 'PrometheusRuleFails'],
        unit: 'percentunit',
        badFrom: 1,
        queries: [
          {
            expression:
              'label_replace(max by (rule_group) (prometheus_rule_group_last_duration_seconds / prometheus_rule_group_interval_seconds), "rules", "$1", "rule_group", ".+;(.+)")',
            legend: '{{rules}}',
          },
        ],
      }),
      overTime({
        title: 'Duration of scrapes',
        description: 'By job. After 10 s a target counts as down.',
        alerts: ['TargetDown'],
        unit: 's',
        badFrom: 10,
        queries: [{ expression: 'max by (job) (scrape_duration_seconds)', legend: '{{job}}' }],
      }),
      overTime({
        title: 'Size on the disk',
        description: 'Blocks, which are deleted when they are too old or too large, and the log of the last hours.',
        alerts: ['PrometheusCompactionFails', 'PrometheusWriteFails'],
        unit: 'bytes',
        queries: [
          { expression: 'sum(prometheus_tsdb_storage_blocks_bytes)', legend: 'blocks' },
          { expression: 'sum(prometheus_tsdb_wal_storage_size_bytes)', legend: 'log' },
        ],
      }),
      overTime({
        title: 'Memory',
        description: 'Resident memory of Prometheus and of Alertmanager.',
        unit: 'bytes',
        queries: [
          {
            expression: 'sum by (job) (process_resident_memory_bytes{job=~"prometheus|alertmanager"})',
            legend: '{{job}}',
          },
        ],
      }),
      overTime({
        title: 'Alerts handed to Alertmanager',
        description: 'A second: handed over, tried in vain, given up.',
        alerts: ['AlertsNotSent', 'AlertsDropped'],
        unit: 'cps',
        queries: [
          { expression: 'sum(rate(prometheus_notifications_sent_total[$__rate_interval]))', legend: 'handed over' },
          { expression: 'sum(rate(prometheus_notifications_errors_total[$__rate_interval]))', legend: 'in vain' },
          { expression: 'sum(rate(prometheus_notifications_dropped_total[$__rate_interval]))', legend: 'given up' },
        ],
      }),
      overTime({
        title: 'Alerts that Alertmanager has',
        description: 'By state: active, or suppressed by another alert or a silence. The Watchdog is always one.',
        unit: 'short',
        queries: [{ expression: 'sum by (state) (alertmanager_alerts)', legend: '{{state}}' }],
      }),
      overTime({
        title: 'Messages',
        description: 'A second: by mail, chat and heartbeat, and those of them that failed.',
        alerts: ['NotificationsFail'],
        unit: 'cps',
        queries: [
          { expression: 'sum(rate(alertmanager_notifications_total[$__rate_interval]))', legend: 'tried' },
          { expression: 'sum(rate(alertmanager_notifications_failed_total[$__rate_interval]))', legend: 'failed' },
        ],
      }),
      overTime({
        title: 'Duration of messages',
        description: 'On average, until the mail server or the chat has taken one.',
        alerts: ['NotificationsFail'],
        unit: 's',
        empty: 'no messages',
        queries: [
          {
            expression:
              'sum by (integration) (rate(alertmanager_notification_latency_seconds_sum[$__rate_interval])) / sum by (integration) (rate(alertmanager_notification_latency_seconds_count[$__rate_interval])) >= 0',
            legend: '{{integration}}',
          },
        ],
      }),
    ],
  });
