import type { Alert } from '../workload/observations';

/**
 * What is told of one Redis, by redis_exporter, whose targets carry the component as a label.
 *
 * @param memoryMiB of its container, which ends it when it takes more
 */
export const redisAlerts = (component: string, memoryMiB: number): readonly Alert[] => [
  {
    name: 'RedisDown',
    expression: `redis_up{component="${component}"} == 0`,
    forSeconds: 60,
    severity: 'critical',
    summary: 'Redis does not answer',
    description: 'The exporter of {{ $labels.instance }} cannot ask Redis (redis_up is {{ $value }})',
  },
  {
    name: 'RedisNearContainerLimit',
    expression: `redis_memory_used_rss_bytes{component="${component}"} / ${memoryMiB * 1024 * 1024} > 0.9`,
    forSeconds: 300,
    severity: 'critical',
    summary: 'Redis is about to be killed for its memory',
    description: '{{ $labels.component }} holds {{ $value | humanizePercentage }} of the memory of its container',
  },
  {
    name: 'RedisRefusesConnections',
    expression: `increase(redis_rejected_connections_total{component="${component}"}[5m]) > 0`,
    forSeconds: 60,
    severity: 'critical',
    summary: 'Redis refuses connections',
    description:
      '{{ $value | printf "%.0f" }} connections to {{ $labels.component }} were refused in 5 minutes: maxclients is reached',
  },
];

/** What is told of the queue's store beside that; the first is the manual's (4.2). A cache is full as soon as it is used. */
export const redisQueueAlerts = (component: string, memoryMiB: number): readonly Alert[] => [
  ...redisAlerts(component, memoryMiB),
  {
    name: 'RedisMemoryHigh',
    // Without a limit its maximum is 0.
    expression: `redis_memory_used_bytes{component="${component}"} / (redis_memory_max_bytes > 0) > 0.9`,
    forSeconds: 300,
    severity: 'critical',
    summary: 'Redis memory usage high',
    description: 'Redis memory usage is {{ $value | humanizePercentage }}',
  },
  {
    name: 'QueueEvicts',
    expression: `increase(redis_evicted_keys_total{component="${component}"}[10m]) > 0`,
    forSeconds: 60,
    severity: 'critical',
    summary: 'The queue’s store throws keys away',
    description: '{{ $value | printf "%.0f" }} keys were evicted in 10 minutes; jobs may be lost',
  },
  {
    name: 'QueueAppendOnlyFileFails',
    expression: `redis_aof_last_write_status{component="${component}"} == 0 or redis_aof_last_bgrewrite_status{component="${component}"} == 0`,
    forSeconds: 60,
    severity: 'critical',
    summary: 'The queue’s store cannot write its file',
    description: 'Redis reports status {{ $value }} (0 is failed) of its append-only file; a restart would lose jobs',
  },
];
