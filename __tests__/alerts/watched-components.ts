import { alertmanagerAlerts } from '../../constructs/alertmanager/alerts';
import { apiAlerts, apiRecordings } from '../../constructs/api/alerts';
import { backupAlerts } from '../../constructs/backup/alerts';
import { elasticsearchAlerts } from '../../constructs/elasticsearch/alerts';
import { kubeStateMetricsAlerts } from '../../constructs/exporters/kube-state-metrics-alerts';
import { kubeletAlerts } from '../../constructs/exporters/kubelet-alerts';
import { nodeExporterAlerts } from '../../constructs/exporters/node-exporter-alerts';
import { gatewayAlerts } from '../../constructs/gateway/alerts';
import { logstashAlerts } from '../../constructs/logstash/alerts';
import { postgresAlerts } from '../../constructs/postgres/alerts';
import { prometheusAlerts, targetAlerts } from '../../constructs/prometheus/alerts';
import { redisQueueAlerts } from '../../constructs/redis/alerts';
import { schedulerAlerts } from '../../constructs/scheduler/alerts';
import { workerAlerts } from '../../constructs/worker/alerts';
import type { Observed } from '../../constructs/workload/observations';
import type { AlertCases } from './alert-case';
import { alertmanagerCases } from './alertmanager-cases';
import { apiCases } from './api-cases';
import { backupCases } from './backup-cases';
import { elasticsearchCases } from './elasticsearch-cases';
import { gatewayCases } from './gateway-cases';
import { kubeStateMetricsCases } from './kube-state-metrics-cases';
import { kubeletCases, toldElsewhere } from './kubelet-cases';
import { logstashCases } from './logstash-cases';
import { nodeExporterCases } from './node-exporter-cases';
import { postgresCases } from './postgres-cases';
import { prometheusCases } from './prometheus-cases';
import { redisCases } from './redis-cases';
import { schedulerCases } from './scheduler-cases';
import { workerCases } from './worker-cases';

/** Of the container whose limit the cases are about. */
const redisMemoryMiB = 128;
/** Of the volume that the cases are about. */
const postgresStorageGiB = 10;

/** Each component with alerts: what it tells, and how that behaves. */
export const watchedComponents: ReadonlyArray<Observed & { readonly cases: AlertCases }> = [
  { component: 'alertmanager', alerts: alertmanagerAlerts, cases: alertmanagerCases },
  { component: 'api', recordings: apiRecordings, alerts: apiAlerts, cases: apiCases },
  { component: 'backup', alerts: backupAlerts, cases: backupCases },
  { component: 'elasticsearch', alerts: elasticsearchAlerts, cases: elasticsearchCases },
  { component: 'gateway', alerts: gatewayAlerts, cases: gatewayCases },
  { component: 'kube-state-metrics', alerts: kubeStateMetricsAlerts, cases: kubeStateMetricsCases },
  { component: 'kubelet', alerts: kubeletAlerts(toldElsewhere), cases: kubeletCases },
  { component: 'logstash', alerts: logstashAlerts, cases: logstashCases },
  { component: 'node-exporter', alerts: nodeExporterAlerts, cases: nodeExporterCases },
  { component: 'postgres', alerts: postgresAlerts(postgresStorageGiB), cases: postgresCases },
  { component: 'prometheus', alerts: [...targetAlerts, ...prometheusAlerts], cases: prometheusCases },
  { component: 'redis', alerts: redisQueueAlerts('queue', redisMemoryMiB), cases: redisCases },
  { component: 'scheduler', alerts: schedulerAlerts, cases: schedulerCases },
  { component: 'worker', alerts: workerAlerts, cases: workerCases },
];

/** The one that always fires, so that its silence is noticed; it is never pending or quiet. */
export const alwaysFiring = 'Watchdog';
