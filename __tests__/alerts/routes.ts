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
      'AlertmanagerConfigRefused',
      'AlertsDropped',
      'AlertsNotSent',
      'ApiErrorBudgetBurnsFast',
      'ApiLatencyBudgetBurnsFast',
      'ClaimNotBound',
      'DatasetStale',
      'GatewayDown',
      'HealthNotReached',
      'HighErrorRate',
      'HostDiskFull',
      'HostInodesGone',
      'HostMemoryLow',
      'NotificationsFail',
      'PartitionMissing',
      'PodsNotReady',
      'PostgresConnectionsNearLimit',
      'PostgresDown',
      'PostgresVolumeFull',
      'PrometheusConfigRefused',
      'PrometheusRuleFails',
      'PrometheusWriteFails',
      'QueueAppendOnlyFileFails',
      'QueueEvicts',
      'RedisDown',
      'RedisMemoryHigh',
      'RedisNearContainerLimit',
      'RedisRefusesConnections',
      'RolloutStuck',
      'ScheduleMissing',
      'SchedulerMetricsMissing',
      'TargetDown',
      'TargetsNotFound',
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
      'AutoscalerAtMaximum',
      'CertificateExpires',
      'ClusterJobFailed',
      'ContainerOutOfMemory',
      'ContainerRestarts',
      'CronJobLate',
      'DatabaseConnectionHigh',
      'DatasetHasGaps',
      'DatasetNeverLoaded',
      'DeadLetters',
      'ElasticsearchDiskFillsUp',
      'ElasticsearchDiskWatermark',
      'ElasticsearchDown',
      'ElasticsearchRed',
      'GatewayDropsConnections',
      'HighResponseTime',
      'HostDiskFills',
      'HostInodesFill',
      'HostKillsProcesses',
      'JobsTimeOut',
      'LogRecordsLost',
      'LogsNotArriving',
      'OldestJobWaits',
      'PostgresDeadTuples',
      'PostgresDeadlocks',
      'PostgresLongTransaction',
      'PostgresVolumeFills',
      'PrometheusCompactionFails',
      'PrometheusRulesLate',
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
