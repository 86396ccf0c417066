import type { Alert } from '../workload/observations';

/** Fires on days on which the exchanges do not trade. */
export const holidayAlert = 'ExchangeHoliday';

/** What Alertmanager tells of itself, and what it waits by. What it cannot send by one way it may by another; a heartbeat that stops says the rest. */
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
  {
    name: holidayAlert,
    // Told to nobody: as long as it fires Alertmanager keeps back what can wait, but for an hour of the morning (9 in Shanghai).
    expression: 'max(exchange_trades_today) == 0 unless on () (hour() == 1)',
    forSeconds: 60,
    severity: 'info',
    summary: 'The exchanges rest today',
    description: 'By its calendar Shanghai does not trade today (trades is {{ $value }}); what can wait is told at 9',
  },
];
