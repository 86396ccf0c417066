import { defineEnvironment } from '../environment';
import { unreleasedDigest } from '../versions';

/** Where customers are: three replicas or more, scaled by load, nothing stateful can be destroyed by an apply. */
export default defineEnvironment({
  name: 'production',
  tier: 'production',
  target: 'kubernetes',
  namespace: 'stock-analysis',
  kubernetesContext: 'stock-analysis-production',
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
  hosts: ['api.stockanalysis.com'],
  state: { type: 's3', bucket: 'stockanalysis-terraform-production', region: 'cn-north-1' },
  deletionProtection: true,
  retention: { jobResultDays: 7 },
  logLevel: 'INFO',
  quota: { cpuMillicores: 64_000, memoryMiB: 65_536, storageGiB: 2000, pods: 100 },
  postgres: { topology: 'bundled', storageGiB: 500, cpuMillicores: 4000, memoryMiB: 16_384 },
  cache: { topology: 'bundled', cpuMillicores: 1000, memoryMiB: 4096 },
  queue: { topology: 'bundled', storageGiB: 20, cpuMillicores: 1000, memoryMiB: 2048 },
  api: {
    scale: { minReplicas: 3, maxReplicas: 5, cpuPercent: 70 },
    databasePool: { size: 3, maxOverflow: 0 },
    cpuMillicores: 1000,
    memoryMiB: 768,
  },
  worker: {
    scale: { minReplicas: 3, maxReplicas: 4, cpuPercent: 70 },
    databasePool: { size: 3, maxOverflow: 1 },
    cpuMillicores: 1000,
    memoryMiB: 768,
    concurrency: 4,
    softTimeLimitSeconds: 300,
  },
  sources: { priority: 'tushare,akshare,wind' },
  backup: { storageGiB: 1000, cpuMillicores: 2000, memoryMiB: 1024 },
  scheduler: { databasePool: { size: 1, maxOverflow: 1 }, cpuMillicores: 250, memoryMiB: 256 },
  maintenance: { cpuMillicores: 250, memoryMiB: 256 },
  gateway: { scale: { replicas: 3 }, cpuMillicores: 1000, memoryMiB: 256 },
  observability: {
    prometheus: { cpuMillicores: 2000, memoryMiB: 4096, storageGiB: 50 },
    alertmanager: { cpuMillicores: 100, memoryMiB: 128 },
    kubelets: { signedBy: 'cluster' },
    grafana: { cpuMillicores: 1000, memoryMiB: 512 },
    notifications: {
      email: {
        smarthost: 'smtp.gmail.com:587',
        from: 'alerts@stockanalysis.com',
        to: 'admin@stockanalysis.com',
        username: 'alerts@stockanalysis.com',
      },
      slack: { channel: '#stock-analysis-alerts' },
      heartbeat: { origin: 'https://hc-ping.com' },
    },
    repository: 'https://git.stockanalysis.com/platform',
  },
  logging: {
    elasticsearch: { storageGiB: 200, cpuMillicores: 4000, memoryMiB: 8192 },
    logstash: { storageGiB: 20, cpuMillicores: 1000, memoryMiB: 2048 },
    kibana: { cpuMillicores: 1000, memoryMiB: 2048 },
    filebeat: { cpuMillicores: 200, memoryMiB: 256 },
    setUp: { cpuMillicores: 250, memoryMiB: 256 },
  },
});
