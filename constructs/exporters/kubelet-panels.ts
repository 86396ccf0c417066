import { overTime, type Panel } from '../grafana/panels';
import { claimBytesLeft, claimInodesLeft, throttledAndBusy } from './kubelet-alerts';

/** What the kubelets tell, beside what the cluster's API tells. */
export const kubeletPanels: readonly Panel[] = [
  overTime({
    title: 'Containers throttled',
    description:
      'Of those that run in a fifth of all periods or more: the share of these that a container was stopped in for its limit, of its worst pod. Above 25 % somebody is told.',
    alerts: ['ContainerThrottled'],
    unit: 'percentunit',
    badFrom: 0.25,
    empty: 'nothing is busy',
    queries: [{ expression: `max by (container) (${throttledAndBusy('$__rate_interval')})`, legend: '{{container}}' }],
  }),
  overTime({
    title: 'Claims filled',
    description: 'Share of each claim. From 95 % somebody is told, and before that when it will be full in a day.',
    alerts: ['ClaimFull', 'ClaimFills'],
    unit: 'percentunit',
    badFrom: 0.95,
    queries: [{ expression: `1 - (${claimBytesLeft})`, legend: '{{persistentvolumeclaim}}' }],
  }),
  overTime({
    title: 'Inodes of claims used',
    description: 'Share of the files that each claim may hold. From 95 % somebody is told.',
    alerts: ['ClaimInodesGone', 'ClaimInodesFill'],
    unit: 'percentunit',
    badFrom: 0.95,
    queries: [{ expression: `1 - (${claimInodesLeft})`, legend: '{{persistentvolumeclaim}}' }],
  }),
];
