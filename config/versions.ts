/**
 * Every image, provider and tool version the platform uses; nothing else in the repository names one.
 * A tag is never `latest`; the application's own image is named by each environment (`image` in config/environments).
 */

/** Upstream images, by the component that runs them. */
export const images = {
  postgres: 'postgres:17.11',
  postgres18: 'postgres:18.6',
  redis: 'redis:7.4.11',
  nginx: 'nginxinc/nginx-unprivileged:1.30.4',
  prometheus: 'quay.io/prometheus/prometheus:v3.16.0',
  alertmanager: 'quay.io/prometheus/alertmanager:v0.34.2',
  grafana: 'grafana/grafana:13.2.3',
  nodeExporter: 'quay.io/prometheus/node-exporter:v1.12.1',
  blackboxExporter: 'quay.io/prometheus/blackbox-exporter:v0.28.0',
  postgresExporter: 'quay.io/prometheuscommunity/postgres-exporter:v0.20.1',
  redisExporter: 'quay.io/oliver006/redis_exporter:v1.89.0',
  nginxExporter: 'nginx/nginx-prometheus-exporter:1.5.1',
  elasticsearchExporter: 'quay.io/prometheuscommunity/elasticsearch-exporter:v1.11.0',
  kubeStateMetrics: 'registry.k8s.io/kube-state-metrics/kube-state-metrics:v2.20.0',
  // Elastic's four carry one version: a newer Logstash or Filebeat than Elasticsearch is not supported.
  elasticsearch: 'docker.elastic.co/elasticsearch/elasticsearch:9.5.3',
  logstash: 'docker.elastic.co/logstash/logstash:9.5.3',
  kibana: 'docker.elastic.co/kibana/kibana:9.5.3',
  filebeat: 'docker.elastic.co/beats/filebeat:9.5.3',
  /** Base of the application's image: the current Node.js LTS. */
  node: 'node:24.21.0-bookworm-slim',
} as const;

/** The image of each major version of PostgreSQL that an environment can have (`postgres.major`). */
export const postgresImages = { 17: 'postgres', 18: 'postgres18' } as const satisfies Record<
  number,
  keyof typeof images
>;
export type PostgresMajor = keyof typeof postgresImages;

/** Terraform providers that have no typed bindings here: used only as ephemeral values, never as resources. */
export const providers = {
  random: { source: 'registry.terraform.io/hashicorp/random', version: '3.7.2' },
} as const;

/** The digest of an application image that was never released: pulling it fails. A promotion replaces it. */
export const unreleasedDigest = `sha256:${'0'.repeat(64)}`;

/** Every version of Kubernetes that objects are made for, oldest first: 1.25 refuses our disruption budgets (docs/kubernetes.md). */
export const kubernetesVersions = ['1.26', '1.27', '1.28', '1.29', '1.30', '1.31', '1.32', '1.33', '1.34'] as const;
