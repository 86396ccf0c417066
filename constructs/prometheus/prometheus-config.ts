import type { AlertReceiver } from '../alertmanager/alertmanager-endpoint';
import { accountFolder } from '../workload/cluster-access';
import type { Instances } from '../workload/instances';
import { type Alert, type Certificates, type Recording, runbookOf } from '../workload/observations';
import type { Pods } from '../workload/peer';
import type { HttpClient } from './existing-service';

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
  readonly kept?: Readonly<Record<string, string>>;
  /** What is asked over TLS and with the token of the pod. @default - it is asked over HTTP, as nobody */
  readonly tls?: Tls;
  readonly intervalSeconds: number;
}

/** What certificates are checked with. */
export interface Tls {
  readonly signedBy: Certificates['signedBy'];
  /** Where the certificates of other CAs are. */
  readonly caFile?: string | undefined;
}

export interface PrometheusSettings {
  /** Labels of all that leaves Prometheus, such as the environment. */
  readonly labels: Readonly<Record<string, string>>;
  readonly jobs: readonly Job[];
  /** Who is told of alerts. */
  readonly alertmanagers: readonly AlertReceiver[];
  /** What all samples are sent to as well. @default - nothing */
  readonly remoteWrite?: RemoteWrite;
}

/** A store of metrics elsewhere. */
export interface RemoteWrite {
  readonly url: string;
  readonly httpClient: HttpClient;
  readonly queue: RemoteWriteQueue;
}

/** What may wait in memory for it: shards × (capacity + one request). */
export interface RemoteWriteQueue {
  /** How many send at a time. */
  readonly maxShards: number;
  /** Samples that wait for each of them. */
  readonly capacity: number;
  readonly maxSamplesPerSend: number;
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
export const mostSeries = 20_000;

/** The prometheus.yml. JSON is YAML too. */
export const renderPrometheusConfig = ({ labels, jobs, alertmanagers, remoteWrite }: PrometheusSettings): string =>
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
      alertmanagers: alertmanagers.map(({ scheme, path, address, httpClient }) => ({
        scheme,
        path_prefix: path,
        ...httpClient,
        static_configs: [{ targets: [address] }],
      })),
    },
    remote_write: remoteWrite && [
      {
        url: remoteWrite.url,
        ...remoteWrite.httpClient,
        queue_config: {
          max_shards: remoteWrite.queue.maxShards,
          capacity: remoteWrite.queue.capacity,
          max_samples_per_send: remoteWrite.queue.maxSamplesPerSend,
        },
      },
    ],
  });

/** @param repository URL below which the repository's files can be read */
export const renderRules = (groups: readonly RuleGroup[], repository: string): string =>
  render(rulesOf(groups, { repository }));

interface RuleSettings {
  /** URL below which the repository's files can be read. */
  readonly repository: string;
  /** Labels of all that rules give. @default - none */
  readonly labels?: Readonly<Record<string, string>>;
  /** What an expression is evaluated as. @default - as it is */
  readonly expressionOf?: (expression: string) => string;
}

/** The content of a file of rules. */
export const rulesOf = (groups: readonly RuleGroup[], settings: RuleSettings) => ({
  groups: groups.map(({ component, recordings = [], alerts = [] }) => ({
    name: component,
    rules: [
      ...recordings.map((recording) => recordingRule(recording, settings)),
      ...alerts.map((alert) => alertRule(alert, settings)),
    ],
  })),
});

const recordingRule = ({ name, expression }: Recording, { labels, expressionOf = asItIs }: RuleSettings) => ({
  record: name,
  expr: expressionOf(expression),
  labels,
});

const alertRule = (alert: Alert, { repository, labels, expressionOf = asItIs }: RuleSettings) => ({
  alert: alert.name,
  expr: expressionOf(alert.expression),
  for: seconds(alert.forSeconds),
  labels: { severity: alert.severity, ...labels },
  annotations: {
    summary: alert.summary,
    description: alert.description,
    runbook_url: `${repository}/${runbookOf(alert)}`,
  },
});

const asItIs = (expression: string): string => expression;

/** Named after its component too: two components may have the same job. */
function scrapeConfig(job: Job) {
  const { name, component, path = '/metrics', parameters = {}, keepsLabels = false, kept = {}, tls } = job;
  return {
    job_name: `${name}/${component}`,
    scrape_interval: seconds(job.intervalSeconds),
    metrics_path: path,
    params: Object.fromEntries(Object.entries(parameters).map(([key, value]) => [key, [value]])),
    honor_labels: keepsLabels,
    ...(tls && asPod(tls)),
    ...found(job),
    metric_relabel_configs: Object.entries(kept).map(([label, regex]) => ({
      source_labels: [label],
      regex,
      action: 'keep',
    })),
  };
}

const asPod = ({ signedBy, caFile = `${accountFolder}/ca.crt` }: Tls) => ({
  scheme: 'https',
  authorization: { type: 'Bearer', credentials_file: `${accountFolder}/token` },
  tls_config: signedBy === 'themselves' ? { insecure_skip_verify: true } : { ca_file: caFile },
});

function found({ name, component, instances, port }: Job) {
  const labels = [fixed('job', name), fixed('component', component)];
  if ('address' in instances) {
    return { static_configs: [{ targets: [instances.address] }], relabel_configs: labels };
  }
  const node = copied('node', '__meta_kubernetes_pod_node_name');
  if ('onNodesOf' in instances) {
    return {
      kubernetes_sd_configs: [podsAsTargets(instances.onNodesOf)],
      // Two pods of a node are one target: their labels and address are the same.
      relabel_configs: [hasNotEnded, ...nodeAddress(instances.port), ...labels, node],
    };
  }
  return {
    kubernetes_sd_configs: [podsAsTargets(instances.pods)],
    relabel_configs: [
      { source_labels: ['__meta_kubernetes_pod_container_port_name'], regex: port, action: 'keep' },
      hasNotEnded,
      ...labels,
      copied('namespace', '__meta_kubernetes_namespace'),
      copied('pod', '__meta_kubernetes_pod_name'),
      node,
    ],
  };
}

const podsAsTargets = ({ namespace, labels }: Pods) => ({
  role: 'pod',
  namespaces: { names: [namespace] },
  selectors: [
    {
      role: 'pod',
      label: Object.entries(labels)
        .map(([key, value]) => `${key}=${value}`)
        .join(','),
    },
  ],
});

/** What has ended keeps its address until it is removed. */
const hasNotEnded = { source_labels: ['__meta_kubernetes_pod_phase'], regex: 'Succeeded|Failed', action: 'drop' };

/** A pod knows the address of its node, so that nobody has to be allowed to list nodes. One of IPv6 stands in brackets. */
const nodeAddress = (port: number) =>
  [
    { regex: '([^:]+)', replacement: `$1:${port}` },
    { regex: '(.+:.+)', replacement: `[$1]:${port}` },
  ].map((rule) => ({ source_labels: ['__meta_kubernetes_pod_host_ip'], target_label: '__address__', ...rule }));

const fixed = (label: string, text: string) => ({ target_label: label, replacement: text });
const copied = (label: string, from: string) => ({ source_labels: [from], target_label: label });

export const seconds = (number: number) => `${number}s`;
const render = (value: unknown) => `${JSON.stringify(value, null, 2)}\n`;
