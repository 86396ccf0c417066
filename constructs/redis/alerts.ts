import type { Alert } from '../workload/observations';

/** What is told of one Redis, by redis_exporter, whose targets carry the component as a label. */
export const redisAlerts = (component: string): readonly Alert[] => [
  {
    name: 'RedisDown',
    expression: `redis_up{component="${component}"} == 0`,
    forSeconds: 60,
    severity: 'critical',
    summary: 'Redis does not answer',
    description: 'The exporter of {{ $labels.instance }} cannot ask Redis (redis_up is {{ $value }})',
  },
];

/** What is told of the queue's store beside that; the first is the manual's (4.2). A cache is full as soon as it is used. */
export const redisQueueAlerts = (component: string): readonly Alert[] => [
  ...redisAlerts(component),
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
