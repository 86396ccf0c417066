import { defineEnvironment } from '../environment';

/** Any Kubernetes, one replica of everything, images loaded by hand or pulled: where changes are tried first. */
export default defineEnvironment({
  name: 'dev',
  tier: 'development',
  target: 'kubernetes',
  namespace: 'stock-analysis',
  images: {
    pullPolicy: 'IfNotPresent',
    application: { repository: 'stock-analysis/app', tag: '0.1.0' },
    operations: { repository: 'stock-analysis/ops', tag: '0.1.0' },
  },
  hosts: ['localhost'],
  state: { type: 'kubernetes', namespace: 'terraform-state' },
  deletionProtection: true,
  retention: { jobResultDays: 1 },
  logLevel: 'DEBUG',
  quota: { cpuMillicores: 9000, memoryMiB: 6144, storageGiB: 30, pods: 30 },
  postgres: { topology: 'bundled', storageGiB: 5, cpuMillicores: 1000, memoryMiB: 768 },
  cache: { topology: 'bundled', cpuMillicores: 250, memoryMiB: 128 },
  queue: { topology: 'bundled', storageGiB: 1, cpuMillicores: 250, memoryMiB: 128 },
  api: { scale: { replicas: 1 }, databasePool: { size: 10, maxOverflow: 10 }, cpuMillicores: 1000, memoryMiB: 384 },
  worker: {
    scale: { replicas: 1 },
    databasePool: { size: 6, maxOverflow: 4 },
    cpuMillicores: 1000,
    memoryMiB: 384,
    concurrency: 4,
    softTimeLimitSeconds: 300,
  },
  sources: { priority: 'sample' },
  backup: { storageGiB: 10, cpuMillicores: 500, memoryMiB: 256 },
  scheduler: { databasePool: { size: 1, maxOverflow: 1 }, cpuMillicores: 250, memoryMiB: 256 },
  maintenance: { cpuMillicores: 250, memoryMiB: 256 },
  gateway: { scale: { replicas: 1 }, cpuMillicores: 250, memoryMiB: 128 },
  observability: {
    prometheus: { cpuMillicores: 500, memoryMiB: 512, storageGiB: 4, retentionDays: 7 },
    alertmanager: { cpuMillicores: 50, memoryMiB: 64 },
    grafana: { cpuMillicores: 250, memoryMiB: 384 },
    webInterfaces: { origin: 'http://localhost:8080' },
    repository: 'https://git.stockanalysis.com/platform',
  },
});
