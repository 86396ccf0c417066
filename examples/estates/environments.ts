import { defineEnvironment, type EnvironmentConfig } from 'stock-analysis-platform/config/environment';
import dev from 'stock-analysis-platform/config/environments/dev';
import production from 'stock-analysis-platform/config/environments/production';

/** Environments in two estates of others. Each would be a file of config/environments. */
const caFile = '__tests__/config/ca.pem';

/**
 * A managed cloud: its registry, ingress, disks, PostgreSQL, Redis and bucket for the state, and nodes that are ours alone.
 * Nothing of it is named in a component.
 */
export const managedCloud: EnvironmentConfig = defineEnvironment({
  ...production,
  name: 'cloud',
  kubernetesContext: 'ack-shanghai',
  hosts: ['api.example.com'],
  state: {
    type: 'oss',
    bucket: 'example-terraform',
    region: 'cn-shanghai',
    lock: { endpoint: 'https://locks.cn-shanghai.ots.aliyuncs.com', table: 'terraform_locks' },
  },
  terraformVersion: '~> 1.11.4',
  images: {
    ...production.images,
    registry: 'registry-vpc.cn-shanghai.aliyuncs.com/example',
    pullSecret: 'acr-credentials',
  },
  cluster: {
    labels: { 'example.com/cost-center': 'quant' },
    annotations: { 'example.com/owner': 'quant@example.com' },
    ignoredAnnotations: ['^field\\.cattle\\.io/'],
    placement: {
      nodeSelector: { 'example.com/pool': 'stock-analysis' },
      tolerations: [{ key: 'dedicated', value: 'stock-analysis', effect: 'NoSchedule' }],
      priorityClass: 'business',
    },
    storage: { class: 'alicloud-disk-essd', classes: { 'prometheus-data': 'alicloud-disk-efficiency' } },
    dns: { addresses: ['169.254.20.10'] },
  },
  exposure: {
    type: 'ingress',
    class: 'alb',
    annotations: { 'alb.ingress.kubernetes.io/ssl-redirect': 'true' },
    tls: { by: 'issuer', name: 'letsencrypt' },
  },
  gateway: { ...production.gateway, trustedProxies: ['10.16.0.0/12'] },
  postgres: { topology: 'existing', host: 'pg.example.com', port: 5432, database: 'stock', caFile },
  cache: { topology: 'existing', host: 'cache.example.com', port: 6379, caFile },
  queue: { topology: 'existing', host: 'queue.example.com', port: 6379, caFile },
  // The cloud copies its own servers.
  backup: undefined,
  api: {
    ...production.api,
    requestsPerMinute: 6000,
    cacheSeconds: { daily: 600 },
    allowedOrigins: ['https://app.example.com'],
  },
  tracing: { endpoint: 'https://traces.example.com/otlp' },
});

/**
 * A restricted cluster such as OpenShift: one namespace, made by others, which assigns users to its pods; no right of the whole
 * cluster, no agents, names and hosts outside by the cluster's own ways, the cluster's own monitoring.
 */
export const restrictedCluster: EnvironmentConfig = defineEnvironment({
  ...dev,
  name: 'restricted',
  namespace: 'quant-stock-analysis',
  kubernetesContext: 'openshift',
  hosts: ['stock.apps.example.com'],
  state: { type: 'kubernetes', namespace: 'quant-terraform' },
  images: {
    ...dev.images,
    registry: 'registry.example.com:5000/mirror',
    registryLogin: { registry: 'registry.example.com:5000', username: 'robot$stock-analysis' },
  },
  cluster: {
    existingNamespace: true,
    nodeAgents: false,
    podUsers: 'assigned',
    ignoredLabels: ['^.+\\.openshift\\.io/'],
    ignoredAnnotations: ['^.+\\.openshift\\.io/'],
    storage: { class: 'thin-csi', existingClaims: { 'queue-data': 'quant-queue' } },
    dns: {
      pods: { namespace: 'openshift-dns', labels: { 'dns.operator.openshift.io/daemonset-dns': 'default' } },
      port: 5353,
    },
    egress: { outside: ['10.0.0.0/8'] },
  },
  proxy: {
    http: 'http://proxy.example.com:3128',
    https: 'http://proxy.example.com:3128',
    exceptions: ['.example.com'],
  },
  exposure: {
    type: 'ingress',
    annotations: { 'route.openshift.io/termination': 'edge' },
    controller: {
      namespace: 'openshift-ingress',
      labels: { 'ingresscontroller.operator.openshift.io/deployment-ingresscontroller': 'default' },
    },
    tls: { by: 'controller' },
  },
  gateway: { ...dev.gateway, trustedProxies: ['10.128.0.0/14'] },
  postgres: { topology: 'existing', host: 'pg.example.com', port: 5432, database: 'stock', caFile },
  backup: undefined,
  sources: { priority: 'tushare', timeoutSeconds: 20 },
  observability: {
    topology: 'existing',
    pods: { namespace: 'openshift-user-workload-monitoring', labels: { 'app.kubernetes.io/name': 'prometheus' } },
    discovery: { by: 'monitors', labels: { 'openshift.io/user-monitoring': 'true' } },
    repository: 'https://git.stockanalysis.com/platform',
  },
});

export const estates: readonly EnvironmentConfig[] = [managedCloud, restrictedCluster];
