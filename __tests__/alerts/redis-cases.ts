import type { AlertCases } from './alert-case';

const memory = (used: number, most: number) => ({
  'redis_memory_used_bytes{component="queue", instance="a"}': `${used}x60`,
  'redis_memory_max_bytes{component="queue", instance="a"}': `${most}x60`,
});
const mebibyte = 1024 * 1024;
const ofQueue = { component: 'queue', instance: 'a' };

export const redisCases: AlertCases = {
  RedisMemoryHigh: {
    firing: memory(95, 100),
    pendingAt: 4,
    firingAt: 10,
    labels: ofQueue,
    says: 'Redis memory usage is 95%',
    quiet: memory(90, 100),
  },
  RedisDown: {
    firing: { 'redis_up{component="queue", instance="a"}': '0x60' },
    pendingAt: 0,
    firingAt: 5,
    labels: ofQueue,
    says: 'The exporter of a cannot ask Redis (redis_up is 0)',
    quiet: { 'redis_up{component="queue", instance="a"}': '1x60' },
  },
  RedisNearContainerLimit: {
    firing: { 'redis_memory_used_rss_bytes{component="queue", instance="a"}': `${125 * mebibyte}x60` },
    pendingAt: 4,
    firingAt: 10,
    labels: ofQueue,
    says: 'queue holds 97.66% of the memory of its container',
    quiet: { 'redis_memory_used_rss_bytes{component="queue", instance="a"}': `${110 * mebibyte}x60` },
  },
  RedisRefusesConnections: {
    firing: { 'redis_rejected_connections_total{component="queue", instance="a"}': '0+1x60' },
    pendingAt: 1,
    firingAt: 10,
    labels: ofQueue,
    says: '5 connections to queue were refused in 5 minutes: maxclients is reached',
    quiet: { 'redis_rejected_connections_total{component="queue", instance="a"}': '3x60' },
  },
  QueueEvicts: {
    firing: { 'redis_evicted_keys_total{component="queue", instance="a"}': '0+1x60' },
    pendingAt: 1,
    firingAt: 20,
    labels: ofQueue,
    says: '10 keys were evicted in 10 minutes; jobs may be lost',
    // A cache does.
    quiet: { 'redis_evicted_keys_total{component="cache", instance="a"}': '0+100x60' },
  },
  QueueAppendOnlyFileFails: {
    firing: { 'redis_aof_last_write_status{component="queue", instance="a"}': '0x60' },
    pendingAt: 0,
    firingAt: 5,
    labels: ofQueue,
    says: 'Redis reports status 0 (0 is failed) of its append-only file; a restart would lose jobs',
    quiet: {
      'redis_aof_last_write_status{component="queue", instance="a"}': '1x60',
      'redis_aof_last_bgrewrite_status{component="queue", instance="a"}': '1x60',
    },
  },
};
