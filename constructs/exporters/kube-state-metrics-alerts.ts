import type { Alert } from '../workload/observations';

/** What the cluster tells of the pods, rollouts, jobs and claims of an environment. */
export const kubeStateMetricsAlerts: readonly Alert[] = [
  {
    name: 'ContainerRestarts',
    expression: 'increase(kube_pod_container_status_restarts_total[30m]) > 3',
    forSeconds: 60,
    severity: 'warning',
    summary: 'A container restarts again and again',
    description:
      '{{ $labels.container }} of {{ $labels.namespace }}/{{ $labels.pod }} restarted {{ $value | printf "%.0f" }} times in 30 minutes',
  },
  {
    name: 'ContainerOutOfMemory',
    // The reason stays until the next end of the container; a restart says that it is a new one.
    expression:
      'increase(kube_pod_container_status_restarts_total[30m]) > 0 and on (namespace, pod, container) kube_pod_container_status_last_terminated_reason{reason="OOMKilled"} == 1',
    forSeconds: 60,
    severity: 'warning',
    summary: 'A container was killed for its memory',
    description:
      '{{ $labels.container }} of {{ $labels.namespace }}/{{ $labels.pod }} reached its limit of memory; restarts in 30 minutes: {{ $value | printf "%.0f" }}',
  },
  {
    name: 'PodsNotReady',
    expression:
      'kube_deployment_status_replicas_unavailable > 0 or kube_statefulset_replicas - kube_statefulset_status_replicas_ready > 0 or kube_daemonset_status_number_unavailable > 0',
    forSeconds: 900,
    severity: 'critical',
    summary: 'Pods of a workload are not ready',
    description:
      '{{ $value }} pods of {{ $labels.namespace }}/{{ $labels.deployment }}{{ $labels.statefulset }}{{ $labels.daemonset }} are not ready',
  },
  {
    name: 'RolloutStuck',
    // A deployment is given 10 minutes by the cluster.
    expression: 'kube_deployment_status_condition{condition="Progressing", status="false"} == 1',
    forSeconds: 60,
    severity: 'critical',
    summary: 'A new version does not start',
    description:
      'The rollout of {{ $labels.namespace }}/{{ $labels.deployment }} has got no further within its deadline (value {{ $value }}); the old pods go on',
    explains: ['PodsNotReady'],
  },
  {
    name: 'AutoscalerAtMaximum',
    expression:
      'kube_horizontalpodautoscaler_status_desired_replicas == kube_horizontalpodautoscaler_spec_max_replicas',
    forSeconds: 900,
    severity: 'warning',
    summary: 'A workload cannot grow any more',
    description:
      '{{ $labels.namespace }}/{{ $labels.horizontalpodautoscaler }} has wanted {{ $value }} replicas, as many as it may have, for 15 minutes',
  },
  {
    name: 'AutoscalerBlind',
    expression: 'kube_horizontalpodautoscaler_status_condition{condition="ScalingActive", status="false"} == 1',
    forSeconds: 600,
    severity: 'warning',
    summary: 'An autoscaler does not see the load',
    description:
      '{{ $labels.namespace }}/{{ $labels.horizontalpodautoscaler }} has had no figures to scale by for 10 minutes (value {{ $value }})',
  },
  {
    name: 'ClusterJobFailed',
    expression: 'kube_job_failed{condition="true"} == 1',
    forSeconds: 60,
    severity: 'warning',
    summary: 'A job of the cluster failed',
    description: 'Job {{ $labels.namespace }}/{{ $labels.job_name }} failed for good (value {{ $value }})',
  },
  {
    name: 'CronJobLate',
    expression: 'time() - kube_cronjob_next_schedule_time > 3600',
    forSeconds: 60,
    severity: 'warning',
    summary: 'A task of the cluster did not start when it was due',
    description:
      '{{ $labels.namespace }}/{{ $labels.cronjob }} was due {{ $value | humanizeDuration }} ago and has not started',
  },
  {
    name: 'ClaimNotBound',
    expression: 'kube_persistentvolumeclaim_status_phase{phase=~"Pending|Lost"} == 1',
    forSeconds: 600,
    severity: 'critical',
    summary: 'A claim has no volume',
    description:
      'Claim {{ $labels.namespace }}/{{ $labels.persistentvolumeclaim }} is {{ $labels.phase }} (value {{ $value }})',
  },
];
