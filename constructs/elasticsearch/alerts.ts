import type { Alert } from '../workload/observations';

/** Below this share of free disk the server gives no new index a place (its low watermark). */
export const lowWatermark = 0.15;

const freeShare = 'elasticsearch_filesystem_data_available_bytes / elasticsearch_filesystem_data_size_bytes';

const health = 'elasticsearch_cluster_health_status{color="green"}';

/** What is told of the logs, by elasticsearch_exporter. Nobody is woken: the product goes on without them. */
export const elasticsearchAlerts: readonly Alert[] = [
  {
    name: 'ElasticsearchDown',
    // The exporter tells no health of a server that is gone, is frozen or refuses its password; its own word for success
    // (elasticsearch_scrape_success) says nothing of the last of these.
    expression: `up{job="elasticsearch-exporter"} == 1 unless on (instance) ${health}`,
    forSeconds: 300,
    severity: 'warning',
    summary: 'Elasticsearch does not answer',
    description: '{{ $labels.instance }} runs (up is {{ $value }}) and cannot ask Elasticsearch how it is',
  },
  {
    name: 'ElasticsearchRed',
    expression: 'elasticsearch_cluster_health_status{color="red"} == 1',
    forSeconds: 300,
    severity: 'warning',
    summary: 'Logs cannot be read or stored',
    description: 'Elasticsearch has been red for 5 minutes (red is {{ $value }}): a part of the logs is not there',
  },
  {
    name: 'ElasticsearchDiskWatermark',
    expression: `${freeShare} < ${lowWatermark}`,
    forSeconds: 300,
    severity: 'warning',
    summary: 'Elasticsearch takes no new index',
    description:
      '{{ $value | humanizePercentage }} of the disk of the logs is free; below 15% no new index gets a place',
  },
  {
    name: 'ElasticsearchDiskFillsUp',
    // The course of a day: merges and deleted indices go up and down within hours.
    expression: `predict_linear(elasticsearch_filesystem_data_available_bytes[1d], 259200) / elasticsearch_filesystem_data_size_bytes < ${lowWatermark} and ${freeShare} >= ${lowWatermark} and ${freeShare} < 0.4`,
    forSeconds: 3600,
    severity: 'warning',
    summary: 'The disk of the logs will be full',
    description: 'In 3 days {{ $value | humanizePercentage }} of the disk of the logs will be free, as it goes now',
  },
  {
    name: 'LogsNotArriving',
    // The gateway alone writes a line for each probe of its health. Without an answer of Elasticsearch nothing is known.
    expression: `(sum(rate(elasticsearch_index_stats_indexing_index_total{index=~".+logs-stock.+"}[15m])) or vector(0)) == 0 and on () ${health}`,
    forSeconds: 900,
    severity: 'warning',
    summary: 'No log arrives',
    description:
      'Elasticsearch got {{ $value }} lines a second in the last 15 minutes: Filebeat or Logstash does not send',
  },
];
