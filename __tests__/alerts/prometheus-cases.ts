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
};
