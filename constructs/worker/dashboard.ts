import { dashboard, now, overTime } from '../grafana/panels';
import type { Dashboard } from '../workload/observations';

/** Jobs: what waits, what runs, and what became of it. Counts are the same in every process that gives them: the greatest is taken. */
export const workersDashboard = (environment: string): Dashboard =>
  dashboard({
    uid: 'stock-workers',
    title: 'Workers and queues',
    description: 'Jobs that wait and run, how long they take and how they end.',
    environment,
    panels: [
      overTime({
        title: 'Jobs that are not finished',
        description: 'By state, as recorded in PostgreSQL.',
        alerts: ['QueueDeep', 'WorkersSilent'],
        unit: 'short',
        queries: [{ expression: 'max by (state) (jobs_unfinished)', legend: '{{state}}' }],
      }),
      overTime({
        title: 'Entries of the queue',
        description: 'By state, as the queue counts them. Jobs that wait are in state prioritized.',
        unit: 'short',
        queries: [{ expression: 'max by (state) (bullmq_job_count)', legend: '{{state}}' }],
      }),
      overTime({
        title: 'Longest wait',
        description:
          'For how long the first of the jobs that could run has waited. It grows while no worker takes jobs. Above half an hour somebody is told, and above five minutes if none is run.',
        alerts: ['OldestJobWaits', 'WorkersSilent'],
        unit: 's',
        badFrom: 1800,
        queries: [{ expression: 'max(bullmq_queue_oldest_waiting_seconds)', legend: 'first job' }],
      }),
      now({
        title: 'Dead letters',
        description: 'Jobs given up and not replayed: `stock dlq list` shows them.',
        alerts: ['DeadLetters'],
        unit: 'short',
        badFrom: 1,
        queries: [{ expression: 'max(dlq_size)', legend: 'dead letters' }],
      }),
      overTime({
        title: 'Attempts by outcome',
        description: 'Attempts at jobs that ended, a second: completed, retried, deferred, failed or revoked.',
        unit: 'ops',
        empty: 'no attempts yet',
        queries: [
          {
            expression: 'sum by (outcome) (rate(job_duration_seconds_count[$__rate_interval]))',
            legend: '{{outcome}}',
          },
        ],
      }),
      overTime({
        title: 'Duration of attempts, 95th percentile',
        description: 'By type of job.',
        alerts: ['JobsTimeOut'],
        unit: 's',
        empty: 'no attempts yet',
        queries: [
          {
            expression:
              'histogram_quantile(0.95, sum by (le, type) (rate(job_duration_seconds_bucket[$__rate_interval]))) >= 0',
            legend: '{{type}}',
          },
        ],
      }),
    ],
  });
