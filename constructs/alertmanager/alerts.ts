import type { Alert } from '../workload/observations';

/** What Alertmanager tells of itself. What it cannot send by one way it may by another; a heartbeat that stops says the rest. */
export const alertmanagerAlerts: readonly Alert[] = [
  {
    name: 'NotificationsFail',
    expression:
      'sum by (instance, integration) (rate(alertmanager_notifications_failed_total[15m])) / (sum by (instance, integration) (rate(alertmanager_notifications_total[15m])) > 0) > 0.1',
    forSeconds: 300,
    severity: 'critical',
    summary: 'Messages of alerts are not delivered',
    description: '{{ $value | humanizePercentage }} of the messages by {{ $labels.integration }} failed in 15 minutes',
  },
  {
    name: 'AlertmanagerConfigRefused',
    expression: 'alertmanager_config_last_reload_successful == 0',
    forSeconds: 300,
    severity: 'critical',
    summary: 'Alertmanager refused its configuration',
    description: 'The last reload of {{ $labels.instance }} failed (value {{ $value }}); it runs with the one before',
  },
];
