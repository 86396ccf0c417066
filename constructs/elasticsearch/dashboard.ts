import { dashboard, now, overTime } from '../grafana/panels';
import type { Dashboard } from '../workload/observations';
import { lowWatermark } from './alerts';

/** The logs as Elasticsearch's exporter tells of them: how many come, how large they are, and how the server is. */
export const logsDashboard = (environment: string): Dashboard => {
  const ofLogs = `index=~".+logs-stock.+-${environment}-.+"`;
  const byComponent = (expression: string) =>
    `sum by (stream) (label_replace(${expression}, "stream", "$1", "index", ".+logs-stock.(.+)-${environment}-.+"))`;
  return dashboard({
    uid: 'stock-logs',
    title: 'Logs',
    description: 'Lines that arrive, what they take, and the Elasticsearch that keeps them.',
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
        title: 'Lines refused',
        description: 'By component, a second. Logstash keeps them in its dead letter queue.',
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
