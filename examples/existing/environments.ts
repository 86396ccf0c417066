import { defineEnvironment, type EnvironmentConfig } from 'stock-analysis-platform/config/environment';
import dev from 'stock-analysis-platform/config/environments/dev';
import local from 'stock-analysis-platform/config/environments/local';
import staging from 'stock-analysis-platform/config/environments/staging';

/** Environments beside monitoring and logs that somebody else runs. Each would be a file of config/environments. */
const repository = 'https://git.stockanalysis.com/platform';
const caFile = '__tests__/config/ca.pem';
const bundled = {
  prometheus: { cpuMillicores: 500, memoryMiB: 512, storageGiB: 4, retentionDays: 7 },
  grafana: { cpuMillicores: 250, memoryMiB: 384 },
  repository,
};

/** Our Prometheus keeps a week, sends all to the company's store, and tells the company's Alertmanagers. */
export const sending: EnvironmentConfig = defineEnvironment({
  ...dev,
  name: 'sending',
  observability: {
    ...bundled,
    prometheus: {
      ...bundled.prometheus,
      remoteWrite: {
        url: 'https://metrics.example.com/api/v1/push',
        caFile,
        login: { by: 'token' },
        queue: { maxShards: 5 },
      },
    },
    alertmanager: {
      topology: 'existing',
      urls: ['https://alerts-1.example.com:9093/alertmanager/', 'https://alerts-2.example.com:9093/alertmanager/'],
      caFile,
      login: { by: 'password', user: 'stock-analysis' },
    },
  },
});

/** The same from a Docker engine. */
export const sendingFromDocker: EnvironmentConfig = defineEnvironment({
  ...local,
  name: 'sending-docker',
  observability: sending.observability,
});

/** As kube-prometheus-stack installs it: what it scrapes and when it alerts are objects beside ours. */
export const watchedByOperator: EnvironmentConfig = defineEnvironment({
  ...dev,
  name: 'watched',
  observability: {
    topology: 'existing',
    pods: { namespace: 'monitoring', labels: { 'app.kubernetes.io/name': 'prometheus' } },
    discovery: { by: 'monitors', labels: { release: 'kube-prometheus-stack' } },
    repository,
  },
});

/** As the community's chart of Prometheus installs it: it scrapes what says so of itself. */
export const watchedByAnnotations: EnvironmentConfig = defineEnvironment({
  ...dev,
  name: 'annotated',
  observability: {
    topology: 'existing',
    pods: { namespace: 'prometheus', labels: { 'app.kubernetes.io/component': 'server' } },
    discovery: { by: 'annotations' },
    repository,
  },
});

/** Logs go to the company's Elasticsearch, which has a Kibana of its own. */
export const loggingElsewhere: EnvironmentConfig = defineEnvironment({
  ...staging,
  name: 'logging',
  logging: {
    elasticsearch: { topology: 'existing', url: 'https://search.example.com:9200', caFile },
    logstash: { storageGiB: 5, cpuMillicores: 1000, memoryMiB: 1536 },
    filebeat: { cpuMillicores: 200, memoryMiB: 256 },
    setUp: { cpuMillicores: 250, memoryMiB: 256 },
  },
});

export const environmentsBesideOthers: readonly EnvironmentConfig[] = [
  sending,
  sendingFromDocker,
  watchedByOperator,
  watchedByAnnotations,
  loggingElsewhere,
];
