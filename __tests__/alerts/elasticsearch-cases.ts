import type { AlertCases } from './alert-case';

const exporter = { 'up{job="elasticsearch-exporter", instance="a"}': '1x100' };
const answers = { 'elasticsearch_cluster_health_status{color="green", instance="a"}': '1x100' };
const disk = (available: string) => ({
  'elasticsearch_filesystem_data_available_bytes{instance="a"}': available,
  'elasticsearch_filesystem_data_size_bytes{instance="a"}': '100000x3000',
});
const lines = (index: string, course: string) => ({
  [`elasticsearch_index_stats_indexing_index_total{instance="a", index="${index}"}`]: course,
});
const ofA = { instance: 'a' };

export const elasticsearchCases: AlertCases = {
  ElasticsearchDown: {
    firing: exporter,
    pendingAt: 4,
    firingAt: 10,
    labels: { ...ofA, job: 'elasticsearch-exporter' },
    says: 'a runs (up is 1) and cannot ask Elasticsearch how it is',
    quiet: { ...exporter, ...answers },
  },
  ElasticsearchRed: {
    firing: { 'elasticsearch_cluster_health_status{color="red", instance="a"}': '1x20' },
    pendingAt: 4,
    firingAt: 10,
    labels: { ...ofA, color: 'red' },
    says: 'Elasticsearch has been red for 5 minutes (red is 1): a part of the logs is not there',
    quiet: { 'elasticsearch_cluster_health_status{color="yellow", instance="a"}': '1x20' },
  },
  ElasticsearchDiskWatermark: {
    firing: disk('14000x20'),
    pendingAt: 4,
    firingAt: 10,
    labels: ofA,
    says: '14% of the disk of the logs is free; below 15% no new index gets a place',
    quiet: disk('16000x20'),
  },
  ElasticsearchDiskFillsUp: {
    // 5 of 100,000 a minute: in three days 21,600.
    firing: disk('40001-5x1700'),
    pendingAt: 700,
    firingAt: 1600,
    labels: ofA,
    says: 'In 3 days 10.4% of the disk of the logs will be free, as it goes now',
    quiet: disk('32000x1700'),
  },
  LogsNotArriving: {
    firing: { ...answers, ...lines('.ds-logs-stock.api-staging-2026.11.26-000001', '500x100') },
    pendingAt: 14,
    firingAt: 40,
    says: 'Elasticsearch got 0 lines a second in the last 15 minutes: Filebeat or Logstash does not send',
    quiet: { ...answers, ...lines('.ds-logs-stock.api-staging-2026.11.26-000001', '0+1x100') },
  },
};
