import { dashboard, now, overTime, type Panel } from '../grafana/panels';
import type { Dashboard } from '../workload/observations';

/**
 * What the cluster knows of the environment: pods, rollouts, restarts, its quota, claims and tasks.
 *
 * @param further of what others of the cluster know
 */
export const clusterDashboard = (environment: string, further: readonly Panel[] = []): Dashboard =>
  dashboard({
    uid: 'stock-cluster',
    title: 'Cluster',
    description: 'Pods, restarts, the quota, claims and tasks, as the cluster tells of them.',
    environment,
    panels: [
      overTime({
        title: 'Pods that are wanted and not ready',
        description: 'By workload. When one stays so for 15 minutes, somebody is told.',
        alerts: ['PodsNotReady', 'RolloutStuck'],
        unit: 'short',
        badFrom: 1,
        queries: [
          {
            expression: 'max by (deployment) (kube_deployment_status_replicas_unavailable)',
            legend: '{{deployment}}',
          },
          {
            expression: 'max by (statefulset) (kube_statefulset_replicas - kube_statefulset_status_replicas_ready)',
            legend: '{{statefulset}}',
          },
          { expression: 'max by (daemonset) (kube_daemonset_status_number_unavailable)', legend: '{{daemonset}}' },
        ],
      }),
      overTime({
        title: 'Restarts',
        description: 'By container, in 30 minutes. Above 3 of one somebody is told.',
        alerts: ['ContainerRestarts', 'ContainerOutOfMemory'],
        unit: 'short',
        badFrom: 4,
        queries: [
          {
            expression: 'max by (container) (increase(kube_pod_container_status_restarts_total[30m]))',
            legend: '{{container}}',
          },
        ],
      }),
      overTime({
        title: 'Pods by phase',
        description: 'Of all workloads. Those of tasks stay as Succeeded for a while.',
        unit: 'short',
        queries: [
          {
            expression: 'sum by (phase) (max by (namespace, pod, phase) (kube_pod_status_phase))',
            legend: '{{phase}}',
          },
        ],
      }),
      overTime({
        title: 'Quota used',
        description: 'Share of what the namespace may have. What does not fit is not started.',
        alerts: ['PodsNotReady'],
        unit: 'percentunit',
        badFrom: 1,
        empty: 'no quota',
        queries: [
          {
            expression:
              'max by (resource) (kube_resourcequota{type="used"} / ignoring (type) (kube_resourcequota{type="hard"} > 0))',
            legend: '{{resource}}',
          },
        ],
      }),
      overTime({
        title: 'Autoscalers',
        description:
          'Replicas that are wanted, as a share of the most there may be. At 100 % for 15 minutes, or where none has been seen to be needed because nothing is seen, somebody is told.',
        alerts: ['AutoscalerAtMaximum', 'AutoscalerBlind'],
        unit: 'percentunit',
        badFrom: 1,
        empty: 'nothing scales by itself',
        queries: [
          {
            expression:
              'max by (horizontalpodautoscaler) (kube_horizontalpodautoscaler_status_desired_replicas / kube_horizontalpodautoscaler_spec_max_replicas)',
            legend: '{{horizontalpodautoscaler}}',
          },
        ],
      }),
      overTime({
        title: 'Tasks that are late',
        description: 'For how long each task has been due and has not started. Above an hour somebody is told.',
        alerts: ['CronJobLate'],
        unit: 's',
        badFrom: 3600,
        empty: 'no tasks',
        queries: [
          {
            expression: 'max by (cronjob) (clamp_min(time() - kube_cronjob_next_schedule_time, 0))',
            legend: '{{cronjob}}',
          },
        ],
      }),
      now({
        title: 'Claims without a volume',
        description: 'Claims that wait for a volume, or lost it.',
        alerts: ['ClaimNotBound'],
        unit: 'short',
        badFrom: 1,
        queries: [
          { expression: 'sum(kube_persistentvolumeclaim_status_phase{phase=~"Pending|Lost"})', legend: 'claims' },
        ],
      }),
      now({
        title: 'Tasks that failed',
        description: 'Jobs of the cluster that failed for good and are still kept.',
        alerts: ['ClusterJobFailed'],
        unit: 'short',
        badFrom: 1,
        queries: [{ expression: 'sum(kube_job_failed{condition="true"}) or vector(0)', legend: 'tasks' }],
      }),
      ...further,
    ],
  });
