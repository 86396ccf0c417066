import type { AlertCases } from './alert-case';

const labels = (container: string) => `namespace="n", pod="p", container="${container}"`;
const restarts = (values: string) => ({ [`kube_pod_container_status_restarts_total{${labels('api')}}`]: values });
const lastEnd = (container: string, reason: string) => ({
  [`kube_pod_container_status_last_terminated_reason{${labels(container)}, reason="${reason}"}`]: '1x60',
});
const ofContainer = { namespace: 'n', pod: 'p', container: 'api' };
const replicas = (wanted: number, most: number) => ({
  'kube_horizontalpodautoscaler_status_desired_replicas{namespace="n", horizontalpodautoscaler="api"}': `${wanted}x60`,
  'kube_horizontalpodautoscaler_spec_max_replicas{namespace="n", horizontalpodautoscaler="api"}': `${most}x60`,
});
const autoscaler = (isActive: string) => ({
  [`kube_horizontalpodautoscaler_status_condition{namespace="n", horizontalpodautoscaler="api", condition="ScalingActive", status="${isActive}"}`]:
    '1x60',
});
const statefulSet = (wanted: number, ready: number) => ({
  'kube_statefulset_replicas{namespace="n", statefulset="queue"}': `${wanted}x60`,
  'kube_statefulset_status_replicas_ready{namespace="n", statefulset="queue"}': `${ready}x60`,
});
const unavailable = (kind: string, named: string, pods: number) => ({
  [`kube_${kind}_unavailable{namespace="n", ${named}="a"}`]: `${pods}x60`,
});
const rollout = (condition: string, status: string) => ({
  [`kube_deployment_status_condition{namespace="n", deployment="api", condition="${condition}", status="${status}"}`]:
    '1x60',
});
const failed = (value: number) => ({
  'kube_job_failed{namespace="n", job_name="maintenance-1", condition="true"}': `${value}x60`,
  'kube_job_failed{namespace="n", job_name="maintenance-1", condition="false"}': `${1 - value}x60`,
});
const dueAt = (seconds: number) => ({
  'kube_cronjob_next_schedule_time{namespace="n", cronjob="maintenance"}': `${seconds}x300`,
});
const claim = (phase: string) => ({
  [`kube_persistentvolumeclaim_status_phase{namespace="n", persistentvolumeclaim="data", phase="${phase}"}`]: '1x60',
  'kube_persistentvolumeclaim_status_phase{namespace="n", persistentvolumeclaim="data", phase="Lost"}': '0x60',
});

export const kubeStateMetricsCases: AlertCases = {
  ContainerRestarts: {
    firing: restarts('0+1x60'),
    pendingAt: 4,
    firingAt: 40,
    labels: ofContainer,
    says: 'api of n/p restarted 30 times in 30 minutes',
    quiet: restarts('0x10 1x10 2x40'),
  },
  ContainerOutOfMemory: {
    firing: { ...restarts('0x10 1x60'), ...lastEnd('api', 'OOMKilled') },
    pendingAt: 11,
    firingAt: 20,
    labels: ofContainer,
    says: 'api of n/p reached its limit of memory; restarts in 30 minutes: 1',
    // Another container of the pod was, and long ago.
    quiet: { ...restarts('0x10 1x60'), ...lastEnd('api', 'Error'), ...lastEnd('other', 'OOMKilled') },
  },
  PodsNotReady: {
    firing: statefulSet(3, 2),
    pendingAt: 10,
    firingAt: 20,
    labels: { namespace: 'n', statefulset: 'queue' },
    says: '1 pods of n/queue are not ready',
    quiet: {
      ...statefulSet(3, 3),
      ...unavailable('deployment_status_replicas', 'deployment', 0),
      ...unavailable('daemonset_status_number', 'daemonset', 0),
    },
  },
  RolloutStuck: {
    firing: rollout('Progressing', 'false'),
    pendingAt: 0,
    firingAt: 5,
    labels: { namespace: 'n', deployment: 'api', condition: 'Progressing', status: 'false' },
    says: 'The rollout of n/api has got no further within its deadline (value 1); the old pods go on',
    quiet: { ...rollout('Progressing', 'true'), ...rollout('ReplicaFailure', 'false') },
  },
  AutoscalerAtMaximum: {
    firing: replicas(10, 10),
    pendingAt: 10,
    firingAt: 20,
    labels: { namespace: 'n', horizontalpodautoscaler: 'api' },
    says: 'n/api has wanted 10 replicas, as many as it may have, for 15 minutes',
    quiet: replicas(9, 10),
  },
  AutoscalerBlind: {
    firing: autoscaler('false'),
    pendingAt: 5,
    firingAt: 15,
    labels: { namespace: 'n', horizontalpodautoscaler: 'api', condition: 'ScalingActive', status: 'false' },
    says: 'n/api has had no figures to scale by for 10 minutes (value 1)',
    quiet: autoscaler('true'),
  },
  ClusterJobFailed: {
    firing: failed(1),
    pendingAt: 0,
    firingAt: 5,
    labels: { namespace: 'n', job_name: 'maintenance-1', condition: 'true' },
    says: 'Job n/maintenance-1 failed for good (value 1)',
    quiet: failed(0),
  },
  CronJobLate: {
    firing: dueAt(0),
    pendingAt: 61,
    firingAt: 120,
    labels: { namespace: 'n', cronjob: 'maintenance' },
    says: 'n/maintenance was due 2h 0m 0s ago and has not started',
    quiet: dueAt(3600),
  },
  ClaimNotBound: {
    firing: claim('Pending'),
    pendingAt: 9,
    firingAt: 20,
    labels: { namespace: 'n', persistentvolumeclaim: 'data', phase: 'Pending' },
    says: 'Claim n/data is Pending (value 1)',
    quiet: claim('Bound'),
  },
};
