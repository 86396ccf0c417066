import type { AlertCases } from './alert-case';

const messages = (all: number, failed: number) => ({
  'alertmanager_notifications_total{instance="a", integration="email"}': `0+${all}x60`,
  'alertmanager_notifications_failed_total{instance="a", integration="email", reason="other"}': `0+${failed}x60`,
});

export const alertmanagerCases: AlertCases = {
  NotificationsFail: {
    firing: messages(4, 1),
    pendingAt: 4,
    firingAt: 20,
    labels: { instance: 'a', integration: 'email' },
    says: '25% of the messages by email failed in 15 minutes',
    quiet: messages(20, 1),
  },
  ExchangeHoliday: {
    // The cases begin at 8 in Shanghai, where a minute of the next hour is one of 9.
    firing: { 'exchange_trades_today{instance="a"}': '0x200' },
    pendingAt: 0,
    firingAt: 150,
    says: 'By its calendar Shanghai does not trade today (trades is 0); what can wait is told at 9',
    quiet: { 'exchange_trades_today{instance="a"}': '1x200' },
  },
  AlertmanagerConfigRefused: {
    firing: { 'alertmanager_config_last_reload_successful{instance="a"}': '0x60' },
    pendingAt: 4,
    firingAt: 10,
    labels: { instance: 'a' },
    says: 'The last reload of a failed (value 0); it runs with the one before',
    quiet: { 'alertmanager_config_last_reload_successful{instance="a"}': '1x60' },
  },
};
