import { dashboard, overTime, type Panel } from '../grafana/panels';
import type { Dashboard } from '../workload/observations';

/** Of a cache, which is full as soon as it is used and then throws away what nobody asks for. */
export function cacheDashboard(environment: string, component: string): Dashboard {
  const its = selectorOf(component);
  return redisDashboard(environment, component, [
    overTime({
      title: 'Memory for data',
      description: 'Share of maxmemory. It is full as soon as it is used.',
      unit: 'percentunit',
      empty: 'no limit',
      queries: [{ expression: memoryShare(its), legend: 'used' }],
    }),
    overTime({
      title: 'Found',
      description: 'Share of the look-ups that found a key.',
      unit: 'percentunit',
      empty: 'nothing was looked up',
      queries: [
        {
          expression: `sum(rate(redis_keyspace_hits_total${its}[$__rate_interval])) / (sum(rate(redis_keyspace_hits_total${its}[$__rate_interval])) + sum(rate(redis_keyspace_misses_total${its}[$__rate_interval]))) >= 0`,
          legend: 'found',
        },
      ],
    }),
    overTime({
      title: 'Keys thrown away',
      description: 'Evicted a second, to make room.',
      unit: 'ops',
      queries: [{ expression: `sum(rate(redis_evicted_keys_total${its}[$__rate_interval]))`, legend: 'evicted' }],
    }),
  ]);
}

/** Of a queue's store, which must neither be full nor lose anything. */
export function queueDashboard(environment: string, component: string): Dashboard {
  const its = selectorOf(component);
  return redisDashboard(environment, component, [
    overTime({
      title: 'Memory for data',
      description: 'Share of maxmemory. Above 90 % somebody is told.',
      alerts: ['RedisMemoryHigh'],
      unit: 'percentunit',
      badFrom: 0.9,
      empty: 'no limit',
      queries: [{ expression: memoryShare(its), legend: 'used' }],
    }),
    overTime({
      title: 'Append-only file',
      description: 'Size of what a restart reads; it is rewritten as it grows.',
      alerts: ['QueueAppendOnlyFileFails'],
      unit: 'bytes',
      queries: [{ expression: `max(redis_aof_current_size_bytes${its})`, legend: 'size' }],
    }),
    overTime({
      title: 'Keys thrown away',
      description: 'In ten minutes. Any is one too many.',
      alerts: ['QueueEvicts'],
      unit: 'short',
      badFrom: 1,
      queries: [{ expression: `sum(increase(redis_evicted_keys_total${its}[10m]))`, legend: 'evicted' }],
    }),
  ]);
}

/** The exporter's targets carry the component as a label. */
const selectorOf = (component: string): string => `{component="${component}"}`;

const memoryShare = (its: string): string => `max(redis_memory_used_bytes${its} / (redis_memory_max_bytes${its} > 0))`;

function redisDashboard(environment: string, component: string, own: readonly Panel[]): Dashboard {
  const its = selectorOf(component);
  return dashboard({
    uid: `stock-redis-${component}`,
    title: `Redis: ${component}`,
    description: `Memory, clients and commands of the ${component}.`,
    environment,
    panels: [
      ...own,
      overTime({
        title: 'Resident memory',
        description: 'What its container is charged with: data, fragmentation, buffers.',
        alerts: ['RedisNearContainerLimit'],
        unit: 'bytes',
        queries: [{ expression: `max(redis_memory_used_rss_bytes${its})`, legend: 'resident' }],
      }),
      overTime({
        title: 'Commands',
        description: 'A second.',
        unit: 'ops',
        queries: [
          { expression: `sum(rate(redis_commands_processed_total${its}[$__rate_interval]))`, legend: 'commands' },
        ],
      }),
      overTime({
        title: 'Time in commands',
        description: 'Share of the time in which its one thread works on commands.',
        unit: 'percentunit',
        badFrom: 0.8,
        queries: [
          {
            expression: `sum(rate(redis_commands_duration_seconds_total${its}[$__rate_interval]))`,
            legend: 'busy',
          },
        ],
      }),
      overTime({
        title: 'Clients',
        description: 'Connected, and those that wait for a key: workers do whenever the queue is empty.',
        unit: 'short',
        queries: [
          { expression: `max(redis_connected_clients${its})`, legend: 'connected' },
          { expression: `max(redis_blocked_clients${its})`, legend: 'waiting' },
        ],
      }),
      overTime({
        title: 'Connections refused',
        description: 'In five minutes.',
        alerts: ['RedisRefusesConnections'],
        unit: 'short',
        badFrom: 1,
        queries: [{ expression: `sum(increase(redis_rejected_connections_total${its}[5m]))`, legend: 'refused' }],
      }),
      overTime({
        title: 'Keys',
        description: 'All there are.',
        unit: 'short',
        queries: [{ expression: `sum(redis_db_keys${its})`, legend: 'keys' }],
      }),
    ],
  });
}
