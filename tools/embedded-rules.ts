import { join } from 'node:path';
import { readAlertText } from '../app/src/embedded/monitor/alert-text';
import { readExpression } from '../app/src/embedded/monitor/expression';
import { alertmanagerAlerts } from '../constructs/alertmanager/alerts';
import { apiAlerts, apiRecordings } from '../constructs/api/alerts';
import { backupAlerts } from '../constructs/backup/alerts';
import { elasticsearchAlerts } from '../constructs/elasticsearch/alerts';
import { kubeStateMetricsAlerts } from '../constructs/exporters/kube-state-metrics-alerts';
import { kubeletAlerts } from '../constructs/exporters/kubelet-alerts';
import { nodeExporterAlerts } from '../constructs/exporters/node-exporter-alerts';
import { gatewayAlerts } from '../constructs/gateway/alerts';
import { logstashAlerts } from '../constructs/logstash/alerts';
import { postgresAlerts } from '../constructs/postgres/alerts';
import { prometheusAlerts, targetAlerts } from '../constructs/prometheus/alerts';
import { redisQueueAlerts } from '../constructs/redis/alerts';
import { schedulerAlerts } from '../constructs/scheduler/alerts';
import { workerAlerts } from '../constructs/worker/alerts';
import { type Alert, runbookOf } from '../constructs/workload/observations';

/** Where the embedded product, which knows nothing of what deploys it, has a copy of the rules. */
export const embeddedRulesFile = join(__dirname, '../app/src/embedded/monitor/rules.json');

/** Those that rest on the metrics of the application itself. */
const own: readonly Alert[] = [...apiAlerts, ...schedulerAlerts, ...workerAlerts];
/** Stands in expressions, of which nothing is taken here. */
const anySize = 1;
/** Those that rest on the metrics of exporters, of Prometheus, of what keeps copies, or of a Redis that the embedded product does not have. */
const ofOthers: readonly Alert[] = [
  ...alertmanagerAlerts,
  ...backupAlerts,
  ...elasticsearchAlerts,
  ...gatewayAlerts,
  ...kubeStateMetricsAlerts,
  ...kubeletAlerts([]),
  ...logstashAlerts,
  ...nodeExporterAlerts,
  ...postgresAlerts(anySize),
  ...redisQueueAlerts('queue', anySize),
  ...targetAlerts,
  ...prometheusAlerts,
];

/**
 * The rules that the embedded product evaluates, as the text of its file.
 *
 * @throws UnknownExpression, or Error, where it could not evaluate or word one
 */
export function renderEmbeddedRules(alerts = own): string {
  for (const { expression } of [...apiRecordings, ...alerts]) readExpression(expression);
  for (const { description } of alerts) readAlertText(description);
  const rules = {
    recordings: apiRecordings,
    alerts: alerts.map(({ explains, ...alert }) => ({ ...alert, runbook: runbookOf(alert) })),
    elsewhere: ofOthers.map(({ name, severity, summary }) => ({ name, severity, summary })),
  };
  return `${JSON.stringify(rules, null, 2)}\n`;
}
