/** What the data of a Kubernetes environment hangs on, as `dataAnchors` names it. */
const inCluster = [
  'namespace stock-analysis',
  'claim stock-analysis-postgres-data at /var/lib/postgresql/data of postgres 17',
  'claim stock-analysis-queue-data at /data of redis 7',
  'claim stock-analysis-backup-data at /backup of ops 0',
  'claim stock-analysis-alertmanager-data at /alertmanager of alertmanager v0',
  'claim stock-analysis-prometheus-data at /prometheus of prometheus v3',
  'secret stock-analysis-cache-api',
  'secret stock-analysis-cache-monitor',
  'secret stock-analysis-cache-probe',
  'secret stock-analysis-cache-worker',
  'secret stock-analysis-postgres-app',
  'secret stock-analysis-postgres-backup',
  'secret stock-analysis-postgres-monitor',
  'secret stock-analysis-postgres-owner',
  'secret stock-analysis-postgres-read',
  'secret stock-analysis-queue-api',
  'secret stock-analysis-queue-monitor',
  'secret stock-analysis-queue-probe',
  'secret stock-analysis-queue-scheduler',
  'secret stock-analysis-queue-worker',
];

/** What is kept besides where logs are. */
const ofLogs = [
  'claim stock-analysis-elasticsearch-data at /usr/share/elasticsearch/data of elasticsearch 9',
  'claim stock-analysis-logstash-data at /usr/share/logstash/data of logstash 9',
  'secret stock-analysis-elasticsearch-superuser',
  'secret stock-analysis-elasticsearch-writer',
  'secret stock-analysis-elasticsearch-reader',
  'secret stock-analysis-elasticsearch-exporter',
  'secret stock-analysis-elasticsearch-kibana',
  'secret stock-analysis-kibana',
];

/**
 * By environment, what may not change where an environment protects its data. A changed line here moves nothing: whoever changes one has
 * moved the data first (docs/runbooks/move-data.md).
 */
export const keptData: ReadonlyMap<string, readonly string[]> = new Map([
  ['dev', inCluster],
  ['staging', [...inCluster, ...ofLogs]],
  ['production', [...inCluster, ...ofLogs]],
]);
