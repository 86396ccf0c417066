import type { AlertCases } from './alert-case';

const instance = { instance: 'a' };

export const prometheusCases: AlertCases = {
  TargetDown: {
    firing: { 'up{job="api", instance="a"}': '0x60' },
    pendingAt: 1,
    firingAt: 5,
    labels: { job: 'api', instance: 'a' },
    says: 'api a gives no metrics (up is 0)',
    quiet: { 'up{job="api", instance="a"}': '1x60' },
  },
  PrometheusConfigRefused: {
    firing: { 'prometheus_config_last_reload_successful{instance="a"}': '0x60' },
    pendingAt: 4,
    firingAt: 10,
    labels: instance,
    says: 'The last reload of a failed (value 0); it runs with the one before',
    quiet: { 'prometheus_config_last_reload_successful{instance="a"}': '1x60' },
  },
  PrometheusRuleFails: {
    firing: { 'prometheus_rule_evaluation_failures_total{instance="a"}': '0+1x60' },
    pendingAt: 5,
    firingAt: 20,
    labels: instance,
    says: '5 evaluations failed in 5 minutes',
    quiet: { 'prometheus_rule_evaluation_failures_total{instance="a"}': '3x60' },
  },
  AlertsNotSent: {
    firing: { 'prometheus_notifications_errors_total{instance="a", alertmanager="m"}': '0+60x60' },
    pendingAt: 4,
    firingAt: 10,
    labels: { instance: 'a', alertmanager: 'm' },
    says: '1.00 notifications per second fail to reach m',
    quiet: { 'prometheus_notifications_errors_total{instance="a", alertmanager="m"}': '3x60' },
  },
  AlertsDropped: {
    firing: { 'prometheus_notifications_dropped_total{instance="a"}': '0x10 4x50' },
    pendingAt: 11,
    firingAt: 20,
    labels: instance,
    says: '4 alerts were not handed to Alertmanager in 15 minutes, and will not be',
    quiet: { 'prometheus_notifications_dropped_total{instance="a"}': '4x60' },
  },
  PrometheusRulesLate: {
    firing: { 'prometheus_rule_group_iterations_missed_total{instance="a", rule_group="api"}': '0+1x60' },
    pendingAt: 4,
    firingAt: 30,
    labels: { ...instance, rule_group: 'api' },
    says: 'api was left out 15 times in 15 minutes: an evaluation takes longer than it may',
    quiet: { 'prometheus_rule_group_iterations_missed_total{instance="a", rule_group="api"}': '4x60' },
  },
  PrometheusWriteFails: {
    firing: { 'prometheus_tsdb_wal_writes_failed_total{instance="a"}': '0+1x60' },
    pendingAt: 1,
    firingAt: 20,
    labels: instance,
    says: '5 writes of its log failed in 5 minutes',
    quiet: { 'prometheus_tsdb_wal_writes_failed_total{instance="a"}': '4x60' },
  },
  PrometheusCompactionFails: {
    firing: { 'prometheus_tsdb_compactions_failed_total{instance="a"}': '0x10 1x500' },
    pendingAt: 15,
    firingAt: 30,
    labels: instance,
    says: '1 compactions failed in 6 hours; memory and disk fill',
    quiet: { 'prometheus_tsdb_compactions_failed_total{instance="a"}': '1x500' },
  },
  TargetsNotFound: {
    firing: { 'prometheus_sd_kubernetes_failures_total{instance="a"}': '0+1x60' },
    pendingAt: 4,
    firingAt: 20,
    labels: instance,
    says: '10 questions for pods failed in 10 minutes; new pods are not watched',
    quiet: { 'prometheus_sd_kubernetes_failures_total{instance="a"}': '4x60' },
  },
};
