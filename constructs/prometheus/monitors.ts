import type { Pods } from '../workload/peer';
import { mostSeries, seconds } from './prometheus-config';

/** What one port of the pods of one component is asked. */
export interface PodJob {
  readonly name: string;
  /** Whom the metrics are about. */
  readonly component: string;
  readonly pods: Pods;
  /** Name of the port. */
  readonly port: string;
  readonly path?: string;
  readonly parameters?: Readonly<Record<string, string>>;
  readonly keepsLabels?: boolean;
  readonly intervalSeconds: number;
}

/**
 * The body of a PodMonitor: each pod is a target with the labels that it has at a Prometheus of ours, and those that leave ours.
 *
 * @see https://prometheus-operator.dev/docs/api-reference/api/#monitoring.coreos.com/v1.PodMonitor
 */
export const podMonitor = (job: PodJob, labels: Readonly<Record<string, string>>) => ({
  spec: {
    selector: { matchLabels: { ...job.pods.labels } },
    namespaceSelector: { matchNames: [job.pods.namespace] },
    sampleLimit: mostSeries,
    podMetricsEndpoints: [
      {
        port: job.port,
        path: job.path ?? '/metrics',
        interval: seconds(job.intervalSeconds),
        scrapeTimeout: seconds(10),
        honorLabels: job.keepsLabels ?? false,
        params:
          job.parameters && Object.fromEntries(Object.entries(job.parameters).map(([key, text]) => [key, [text]])),
        relabelings: [
          ...Object.entries({ job: job.name, component: job.component, ...labels }).map(
            ([targetLabel, replacement]) => ({
              targetLabel,
              replacement,
            }),
          ),
          { sourceLabels: ['__meta_kubernetes_pod_node_name'], targetLabel: 'node' },
        ],
      },
    ],
  },
});
