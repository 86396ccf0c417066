import { Construct } from 'constructs';
import type { ClusterAccess } from '../workload/cluster-access';
import { Environment } from '../workload/environment';
import { namespacesOf } from '../workload/instances';
import type { Certificates } from '../workload/observations';
import type { Peer, Pods } from '../workload/peer';
import { kubeletAlerts } from './kubelet-alerts';

export interface KubeletProps {
  /** Pods of which there is one on each node. */
  readonly nodes: Pods;
  /** What the certificates of the kubelets are checked with. */
  readonly certificates: Certificates;
}

const port = 10_250;

/** No more than its metrics: `nodes/proxy`, which would do as well, runs commands in containers. */
const access: ClusterAccess = {
  scope: 'cluster',
  rules: [{ apiGroups: [''], resources: ['nodes/metrics'], verbs: ['get'] }],
  reason: 'the kubelet of each node alone knows how full claims are, and which containers are stopped for their limit',
};

const containers = ['container_cpu_cfs_periods_total', 'container_cpu_cfs_throttled_periods_total'];
const claims = [
  'kubelet_volume_stats_available_bytes',
  'kubelet_volume_stats_capacity_bytes',
  'kubelet_volume_stats_inodes',
  'kubelet_volume_stats_inodes_free',
];

/** What the kubelet of every node knows of the environment's containers and claims. In clusters only; it is of the cluster, nothing of ours. */
export class Kubelet extends Construct {
  /** @param props with all workloads of the environment made already: of others nothing is kept */
  constructor(scope: Construct, id: string, { nodes, certificates }: KubeletProps) {
    super(scope, id);
    const environment = Environment.of(this);
    const peer: Peer = { component: id, name: id, onNodesOf: nodes, port: () => port, protocol: () => 'TCP' };
    const ask = { peer, port: 'https', guard: { access, certificates }, intervalSeconds: 30 };
    const namespace = namespacesOf(environment).join('|');
    const ofMetrics = (names: readonly string[]) => ({ __name__: names.join('|'), namespace });
    environment.observations.record({
      component: id,
      scrapes: [
        { ...ask, kept: ofMetrics(claims) },
        // A pod as a whole has no container, and counts what its containers count.
        { ...ask, job: 'cadvisor', path: '/metrics/cadvisor', kept: { ...ofMetrics(containers), container: '.+' } },
      ],
      alerts: kubeletAlerts(toldElsewhere(environment)),
    });
  }
}

const toldElsewhere = ({ observations }: Environment): string[] =>
  observations.all.flatMap(({ watchedVolumes = [] }) => watchedVolumes).sort();
