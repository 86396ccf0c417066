import type { AlertCases, Series } from './alert-case';

const answered = (server: string, course: string): Series => ({
  [`stock_logs_answered{instance="a", server="${server}"}`]: course,
});
const answers = { 'elasticsearch_cluster_health_status{color="green", instance="b"}': '1x100' };
const newest = (course: string): Series => ({
  'stock_logs_newest_timestamp_seconds{instance="a", component="api", agent="node-1"}': course,
});
const counted = (name: string, course: string): Series => ({ [`${name}{instance="a"}`]: course });
const queue = (bytes: string): Series => ({
  ...counted('stock_logs_queue_bytes', bytes),
  ...counted('stock_logs_queue_limit_bytes', '1000x30'),
});
const ofA = { instance: 'a' };

export const logstashCases: AlertCases = {
  LogstashDown: {
    firing: answered('logstash', '0x20'),
    pendingAt: 4,
    firingAt: 10,
    labels: { ...ofA, server: 'logstash' },
    says: 'Logstash has given no answer for 5 minutes (answered is 0): logs wait in the files of the nodes',
    quiet: { ...answered('logstash', '1x20'), ...answered('elasticsearch', '0x20') },
  },
  LogsUnwatched: {
    firing: { ...answered('elasticsearch', '0x20'), ...answers },
    pendingAt: 8,
    firingAt: 15,
    labels: { ...ofA, server: 'elasticsearch' },
    says: 'Elasticsearch refuses to say how new its newest lines are (answered is 0)',
    // It is away, which ElasticsearchDown says.
    quiet: answered('elasticsearch', '0x20'),
  },
  LogsLate: {
    // Ten minutes behind, and a minute further each minute.
    firing: newest('-600+60x60'),
    pendingAt: 5,
    firingAt: 30,
    labels: { ...ofA, component: 'api', agent: 'node-1' },
    says: 'The newest line of api from node-1 is 10m 0s old',
    // Who has nothing to say is not late.
    quiet: newest('0x60'),
  },
  LogQueueFills: {
    firing: queue('600x30'),
    pendingAt: 4,
    firingAt: 10,
    labels: ofA,
    says: "60% of Logstash's queue is full; when all of it is, Filebeat stops reading",
    quiet: queue('400x30'),
  },
  LogsRefused: {
    firing: counted('stock_logs_refused_lines_total', '0+2x30'),
    pendingAt: 1,
    firingAt: 20,
    labels: ofA,
    says: '30 lines were refused in 15 minutes; Logstash keeps them as dead letters',
    quiet: counted('stock_logs_refused_lines_total', '7x30'),
  },
  LogsLost: {
    firing: { 'stock_logs_agent_dropped_lines{instance="a", agent="node-1"}': '0 5x30' },
    pendingAt: 1,
    firingAt: 10,
    labels: { ...ofA, agent: 'node-1' },
    says: '5 lines were given up in 15 minutes by node-1',
    quiet: {
      ...counted('stock_logs_lost_lines_total', '4x30'),
      'stock_logs_agent_dropped_lines{instance="a", agent="node-1"}': '0x30',
    },
  },
  LogSnapshotTooOld: {
    // Of 25 hours ago, and nothing follows.
    firing: counted('stock_logs_snapshot_last_success_timestamp_seconds', '-90000x100'),
    pendingAt: 63,
    firingAt: 90,
    labels: ofA,
    says: 'The newest snapshot of the logs is of 1d 2h 30m 0s ago; lines since would be lost with their volume',
    quiet: counted('stock_logs_snapshot_last_success_timestamp_seconds', '-86400x60'),
  },
  LogSnapshotMissing: {
    firing: answered('snapshots', '1x1700'),
    pendingAt: 1500,
    firingAt: 1600,
    labels: { ...ofA, server: 'snapshots' },
    says: 'No snapshot of the logs is known: none has ever been whole (value 1)',
    // Where somebody else runs the server nobody asks it for snapshots.
    quiet: {
      ...answered('elasticsearch', '1x1700'),
      'stock_logs_answered{instance="b", server="snapshots"}': '1x1700',
      'stock_logs_snapshot_last_success_timestamp_seconds{instance="b"}': '0x1700',
    },
  },
};
