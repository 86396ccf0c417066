import type { tiers } from '../../config/place';

export type Tier = (typeof tiers)[number];

/** To which receiver alerts are sent, and when: 'always', or only while somebody looks at what can wait. */
export type Route = `${'people' | 'chat' | 'heartbeat'}, ${'always' | 'attended'}`;

export interface RoutedAlerts extends Readonly<Record<Tier, Route>> {
  readonly alerts: readonly string[];
}

/** Every alert, and exactly where it goes in an environment of each tier. */
export const routes: readonly RoutedAlerts[] = [
  {
    alerts: ['Watchdog'],
    development: 'heartbeat, always',
    staging: 'heartbeat, always',
    production: 'heartbeat, always',
  },
  {
    // Critical: somebody is woken for customers, and for nobody else.
    alerts: [
      'AlertsNotSent',
      'ApiErrorBudgetBurnsFast',
      'ApiLatencyBudgetBurnsFast',
      'DatasetStale',
      'GatewayDown',
      'HealthNotReached',
      'HighErrorRate',
      'PartitionMissing',
      'PostgresConnectionsNearLimit',
      'PostgresDown',
      'PrometheusConfigRefused',
      'PrometheusRuleFails',
      'QueueAppendOnlyFileFails',
      'QueueEvicts',
      'RedisDown',
      'RedisMemoryHigh',
      'RedisNearContainerLimit',
      'RedisRefusesConnections',
      'ScheduleMissing',
      'SchedulerMetricsMissing',
      'TargetDown',
      'WorkersSilent',
    ],
    development: 'chat, attended',
    staging: 'chat, attended',
    production: 'people, always',
  },
  {
    // Warnings: they can wait.
    alerts: [
      'ApiErrorBudgetBurnsSlowly',
      'ApiLatencyBudgetBurnsSlowly',
      'DatabaseConnectionHigh',
      'DeadLetters',
      'GatewayDropsConnections',
      'HighResponseTime',
      'JobsTimeOut',
      'LogRecordsLost',
      'OldestJobWaits',
      'PostgresDeadTuples',
      'PostgresDeadlocks',
      'PostgresLongTransaction',
      'QuarantineRateHigh',
      'QueueDeep',
      'SourceBreakerOpen',
      'SourceQuotaUsedUp',
    ],
    development: 'chat, attended',
    staging: 'chat, attended',
    production: 'people, attended',
  },
];
