import { defineEnvironment } from '../environment';
import { unreleasedDigest } from '../versions';

/** Production's shape with two replicas: the last place a release is seen before it is promoted. */
export default defineEnvironment({
  name: 'staging',
  tier: 'staging',
  target: 'kubernetes',
  namespace: 'stock-analysis',
  kubernetesContext: 'stock-analysis-staging',
  images: {
    pullPolicy: 'Always',
    application: {
      repository: 'registry.stockanalysis.com/stock-analysis/app',
      tag: '0.1.0',
      digest: unreleasedDigest,
    },
    operations: {
      repository: 'registry.stockanalysis.com/stock-analysis/ops',
      tag: '0.1.0',
      digest: unreleasedDigest,
    },
  },
  hosts: ['staging.stockanalysis.com'],
  state: { type: 's3', bucket: 'stockanalysis-terraform-staging', region: 'cn-north-1' },
  deletionProtection: true,
  retention: { jobResultDays: 7 },
  logLevel: 'INFO',
  quota: { cpuMillicores: 24_000, memoryMiB: 25_600, storageGiB: 450, pods: 60 },
  postgres: { topology: 'bundled', storageGiB: 100, cpuMillicores: 2000, memoryMiB: 4096 },
  cache: { topology: 'bundled', cpuMillicores: 500, memoryMiB: 1024 },
  queue: { topology: 'bundled', storageGiB: 10, cpuMillicores: 500, memoryMiB: 1024 },
  api: { scale: { replicas: 2 }, databasePool: { size: 5, maxOverflow: 3 }, cpuMillicores: 1000, memoryMiB: 512 },
  worker: {
    scale: { replicas: 2 },
    databasePool: { size: 4, maxOverflow: 3 },
    cpuMillicores: 1000,
    memoryMiB: 512,
    concurrency: 4,
    softTimeLimitSeconds: 300,
  },
  sources: { priority: 'tushare,akshare,wind' },
  backup: { storageGiB: 200, cpuMillicores: 1000, memoryMiB: 512 },
  scheduler: { databasePool: { size: 2, maxOverflow: 2 }, cpuMillicores: 250, memoryMiB: 256 },
  maintenance: { cpuMillicores: 250, memoryMiB: 256 },
  gateway: { scale: { replicas: 2 }, cpuMillicores: 500, memoryMiB: 128 },
  observability: {
    prometheus: { cpuMillicores: 1000, memoryMiB: 1536, storageGiB: 20 },
    alertmanager: { cpuMillicores: 100, memoryMiB: 128 },
    kubelets: { signedBy: 'cluster' },
    grafana: { cpuMillicores: 500, memoryMiB: 512 },
    webInterfaces: { origin: 'https://staging.stockanalysis.com' },
    notifications: { slack: { channel: '#stock-analysis-staging' } },
    repository: 'https://git.stockanalysis.com/platform',
  },
  logging: {
    elasticsearch: { storageGiB: 50, cpuMillicores: 2000, memoryMiB: 4096 },
    logstash: { storageGiB: 5, cpuMillicores: 1000, memoryMiB: 1536 },
    kibana: { cpuMillicores: 1000, memoryMiB: 2048 },
    filebeat: { cpuMillicores: 200, memoryMiB: 256 },
    setUp: { cpuMillicores: 250, memoryMiB: 256 },
  },
});
