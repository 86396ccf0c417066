import { dashboard, now, overTime } from '../grafana/panels';
import { lateFromSeconds, queueFullFrom, snapshotOldFromSeconds } from '../logstash/alerts';
import type { Dashboard } from '../workload/observations';
import { lowWatermark } from './alerts';

const newest = 'stock_logs_newest_timestamp_seconds';

/** Without those that are gone: a name stays for a day. */
const ageBy = (label: 'component' | 'agent', since: string): string =>
  `time() - max by (${label}) (${newest}) and on (${label}) sum by (${label}) (changes(${newest}[${since}])) > 0`;

/** The logs as Elasticsearch's exporter and the watch beside Logstash tell of them: how many come and how late, what waits, what is lost, and how the server is. */
export const logsDashboard = (environment: string): Dashboard => {
  const ofLogs = `index=~".+logs-stock.+-${environment}-.+"`;
  const byComponent = (expression: string) =>
    `sum by (stream) (label_replace(${expression}, "stream", "$1", "index", ".+logs-stock.(.+)-${environment}-.+"))`;
  return dashboard({
    uid: 'stock-logs',
    title: 'Logs',
    description: 'Lines that arrive, how late, what waits or is lost, and the Elasticsearch that keeps them.',
    environment,
    panels: [
      overTime({
        title: 'Lines stored',
        description: 'By component, a second.',
        alerts: ['LogsNotArriving'],
        unit: 'ops',
        queries: [
          {
            expression: byComponent(
              `sum by (index) (rate(elasticsearch_index_stats_indexing_index_total{${ofLogs}}[$__rate_interval]))`,
            ),
            legend: '{{stream}}',
          },
        ],
      }),
      overTime({
        title: 'Age of the newest line',
        description: `Of each component that wrote within an hour. Who writes often and is old is late, from ${lateFromSeconds / 60} minutes on; who is silent grows old.`,
        alerts: ['LogsLate', 'LogsUnwatched'],
        unit: 's',
        badFrom: lateFromSeconds,
        queries: [
          {
            expression: ageBy('component', '1h'),
            legend: '{{component}}',
          },
        ],
      }),
      overTime({
        title: 'Age of the newest line by agent',
        description:
          'Of each Filebeat that sent something within a quarter of an hour. It reads its own log too, so that every node has a line each half minute.',
        alerts: ['LogsLate'],
        unit: 's',
        badFrom: lateFromSeconds,
        queries: [{ expression: ageBy('agent', '15m'), legend: '{{agent}}' }],
      }),
      overTime({
        title: 'Through Logstash',
        description: 'Lines a second: where more come than go, the queue grows.',
        alerts: ['LogstashDown'],
        unit: 'ops',
        queries: [
          { expression: 'sum(rate(stock_logs_received_lines_total[$__rate_interval]))', legend: 'received' },
          { expression: 'sum(rate(stock_logs_sent_lines_total[$__rate_interval]))', legend: 'sent' },
        ],
      }),
      overTime({
        title: 'Logstash’s disk',
        description: 'Shares of what may wait for Elasticsearch, and of what may be kept of refused lines.',
        alerts: ['LogQueueFills'],
        unit: 'percentunit',
        badFrom: queueFullFrom,
        queries: [
          { expression: 'max(stock_logs_queue_bytes / stock_logs_queue_limit_bytes)', legend: 'queue' },
          { expression: 'max(stock_logs_refused_bytes / stock_logs_refused_limit_bytes)', legend: 'refused lines' },
        ],
      }),
      overTime({
        title: 'Lines that wait',
        description: 'In Logstash, for Elasticsearch.',
        alerts: ['LogQueueFills'],
        unit: 'short',
        queries: [{ expression: 'sum(stock_logs_queue_lines)', legend: 'lines' }],
      }),
      overTime({
        title: 'Lines refused or lost',
        description:
          'In 15 minutes. Elasticsearch refuses, Logstash keeps it as dead letters; lost is what is not kept, and what an agent gave up.',
        alerts: ['LogsRefused', 'LogsLost'],
        unit: 'short',
        badFrom: 1,
        queries: [
          { expression: 'sum(increase(stock_logs_refused_lines_total[15m]))', legend: 'refused' },
          { expression: 'sum(increase(stock_logs_lost_lines_total[15m]))', legend: 'lost by Logstash' },
          { expression: 'sum(stock_logs_agent_dropped_lines)', legend: 'given up by agents' },
        ],
      }),
      overTime({
        title: 'Lines refused by component',
        description: 'A second, as Elasticsearch counts them.',
        unit: 'ops',
        badFrom: 0.01,
        queries: [
          {
            expression: byComponent(
              `sum by (index) (rate(elasticsearch_index_stats_indexing_index_failed_total{${ofLogs}}[$__rate_interval]))`,
            ),
            legend: '{{stream}}',
          },
        ],
      }),
      overTime({
        title: 'Size',
        description: 'Of the lines of each component on the disk.',
        unit: 'bytes',
        queries: [
          {
            expression: byComponent(`sum by (index) (elasticsearch_indices_store_size_bytes_primary{${ofLogs}})`),
            legend: '{{stream}}',
          },
        ],
      }),
      overTime({
        title: 'Age of the newest snapshot',
        description:
          'One is made every night, on a volume of its own. Where somebody else runs the server, it is theirs.',
        alerts: ['LogSnapshotTooOld', 'LogSnapshotMissing'],
        unit: 's',
        badFrom: snapshotOldFromSeconds,
        queries: [
          {
            expression: 'time() - max(stock_logs_snapshot_last_success_timestamp_seconds)',
            legend: 'age',
          },
        ],
      }),
      now({
        title: 'Disk used',
        description: `From ${(1 - lowWatermark) * 100} % no new index gets a place.`,
        alerts: ['ElasticsearchDiskWatermark', 'ElasticsearchDiskFillsUp'],
        unit: 'percentunit',
        badFrom: 1 - lowWatermark,
        queries: [
          {
            expression:
              '1 - min(elasticsearch_filesystem_data_available_bytes / elasticsearch_filesystem_data_size_bytes)',
            legend: 'used',
          },
        ],
      }),
      overTime({
        title: 'Health',
        description: 'One: it is red, or yellow. A single node is green.',
        alerts: ['ElasticsearchDown', 'ElasticsearchRed'],
        unit: 'short',
        badFrom: 1,
        queries: [
          {
            expression: 'max by (color) (elasticsearch_cluster_health_status{color!="green"})',
            legend: '{{color}}',
          },
        ],
      }),
      overTime({
        title: 'Heap used',
        description: 'Share of the heap of the Java machine after and between collections.',
        unit: 'percentunit',
        badFrom: 0.9,
        queries: [
          {
            expression:
              'max(elasticsearch_jvm_memory_used_bytes{area="heap"} / elasticsearch_jvm_memory_max_bytes{area="heap"})',
            legend: 'heap',
          },
        ],
      }),
    ],
  });
};
