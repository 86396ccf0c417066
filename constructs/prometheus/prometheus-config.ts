import type { Instances } from '../workload/instances';
import { type Alert, type Recording, runbookOf } from '../workload/observations';

/** What one port of one component is asked, and how its instances are found. */
export interface Job {
  readonly name: string;
  /** Whom the metrics are about. */
  readonly component: string;
  readonly instances: Instances;
  /** Name of the port. */
  readonly port: string;
  readonly path?: string;
  readonly parameters?: Readonly<Record<string, string>>;
  readonly keepsLabels?: boolean;
  readonly intervalSeconds: number;
}

export interface PrometheusSettings {
  /** Labels of all that leaves Prometheus, such as the environment. */
  readonly labels: Readonly<Record<string, string>>;
  readonly jobs: readonly Job[];
  /** Host and port of the Alertmanager, and below which path it serves. */
  readonly alertmanager: { readonly address: string; readonly path: string };
}

/** What of one component is computed and told of. */
export interface RuleGroup {
  readonly component: string;
  readonly recordings?: readonly Recording[];
  readonly alerts?: readonly Alert[];
}

/** Beside the configuration, which names it. */
export const rulesFile = 'alert_rules.yml';

/** The manual's interval where a job does not say its own (4.1). */
const intervalSeconds = 15;

/** Series that one target may bring: a label that is without end must not fill the memory. */
const mostSeries = 20_000;

/** The prometheus.yml. JSON is YAML too. */
export const renderPrometheusConfig = ({ labels, jobs, alertmanager }: PrometheusSettings): string =>
  render({
    global: {
      scrape_interval: seconds(intervalSeconds),
      evaluation_interval: seconds(intervalSeconds),
      scrape_timeout: seconds(10),
      sample_limit: mostSeries,
      body_size_limit: '32MB',
      external_labels: labels,
    },
    rule_files: [rulesFile],
    scrape_configs: jobs.map(scrapeConfig),
    alerting: {
      alertmanagers: [{ path_prefix: alertmanager.path, static_configs: [{ targets: [alertmanager.address] }] }],
    },
  });

/** @param repository URL below which the repository's files can be read */
export const renderRules = (groups: readonly RuleGroup[], repository: string): string =>
  render({
    groups: groups.map(({ component, recordings = [], alerts = [] }) => ({
      name: component,
      rules: [
        ...recordings.map(({ name, expression }) => ({ record: name, expr: expression })),
        ...alerts.map((alert) => alertRule(alert, repository)),
      ],
    })),
  });

const alertRule = (alert: Alert, repository: string) => ({
  alert: alert.name,
  expr: alert.expression,
  for: seconds(alert.forSeconds),
  labels: { severity: alert.severity },
  annotations: {
    summary: alert.summary,
    description: alert.description,
    runbook_url: `${repository}/${runbookOf(alert)}`,
  },
});

/** Named after its component too: two components may have the same job. */
function scrapeConfig(job: Job) {
  const { name, component, path = '/metrics', parameters = {}, keepsLabels = false } = job;
  return {
    job_name: `${name}/${component}`,
    scrape_interval: seconds(job.intervalSeconds),
    metrics_path: path,
    params: Object.fromEntries(Object.entries(parameters).map(([key, value]) => [key, [value]])),
    honor_labels: keepsLabels,
    ...found(job),
  };
}

function found({ name, component, instances, port }: Job) {
  const labels = [fixed('job', name), fixed('component', component)];
  if ('address' in instances) {
    return { static_configs: [{ targets: [instances.address] }], relabel_configs: labels };
  }
  const { namespace, labels: selector } = instances.pods;
  const label = Object.entries(selector)
    .map(([key, value]) => `${key}=${value}`)
    .join(',');
  return {
    kubernetes_sd_configs: [{ role: 'pod', namespaces: { names: [namespace] }, selectors: [{ role: 'pod', label }] }],
    relabel_configs: [
      { source_labels: ['__meta_kubernetes_pod_container_port_name'], regex: port, action: 'keep' },
      // What has ended keeps its address until it is removed.
      { source_labels: ['__meta_kubernetes_pod_phase'], regex: 'Succeeded|Failed', action: 'drop' },
      ...labels,
      copied('namespace', '__meta_kubernetes_namespace'),
      copied('pod', '__meta_kubernetes_pod_name'),
      copied('node', '__meta_kubernetes_pod_node_name'),
    ],
  };
}

const fixed = (label: string, text: string) => ({ target_label: label, replacement: text });
const copied = (label: string, from: string) => ({ source_labels: [from], target_label: label });

const seconds = (number: number) => `${number}s`;
const render = (value: unknown) => `${JSON.stringify(value, null, 2)}\n`;
