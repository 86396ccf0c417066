import { Construct } from 'constructs';
import type { Panel } from '../grafana/panels';
import type { ClusterAccessRule } from '../workload/cluster-access';
import { Environment } from '../workload/environment';
import { namespacesOf } from '../workload/instances';
import { Workload } from '../workload/workload';
import { alone, type ExporterProps, exporterContainer, metrics } from './exporter';
import { kubeStateMetricsAlerts } from './kube-state-metrics-alerts';
import { clusterDashboard } from './kube-state-metrics-dashboard';

/** What is told of, by the group of the cluster's API that it belongs to. */
const resources: Readonly<Record<string, readonly string[]>> = {
  '': ['persistentvolumeclaims', 'pods', 'resourcequotas'],
  apps: ['daemonsets', 'deployments', 'statefulsets'],
  autoscaling: ['horizontalpodautoscalers'],
  batch: ['cronjobs', 'jobs'],
  policy: ['poddisruptionbudgets'],
};

const rules = Object.entries(resources).map(
  ([group, names]): ClusterAccessRule => ({ apiGroups: [group], resources: names, verbs: ['list', 'watch'] }),
);

export interface KubeStateMetricsProps extends ExporterProps {
  /** Of the dashboard, beside its own. @default - none */
  readonly panels?: readonly Panel[];
}

/** What the cluster knows of the objects of an environment: restarts, replicas, jobs, limits. In clusters only. */
export class KubeStateMetrics extends Construct {
  readonly workload: Workload;

  /** @param props whose agents, if there are any, are made already */
  constructor(scope: Construct, id: string, props: KubeStateMetricsProps) {
    super(scope, id);
    const environment = Environment.of(this);
    this.workload = new Workload(this, 'workload', {
      ...exporterContainer(id, props, 8080),
      ...alone,
      command: [
        '/kube-state-metrics',
        `--namespaces=${namespacesOf(environment).join(',')}`,
        `--resources=${Object.values(resources).flat().sort().join(',')}`,
      ],
      clusterAccess: {
        scope: 'environment',
        rules,
        reason: 'it tells the state of these objects as metrics, and reads nothing but them',
      },
    });
    environment.observations.record({
      component: id,
      scrapes: [{ peer: this.workload, port: metrics, keepsLabels: true, intervalSeconds: 30 }],
      alerts: kubeStateMetricsAlerts,
      dashboards: [clusterDashboard(environment.config.name, props.panels)],
    });
  }
}
