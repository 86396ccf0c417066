import type { Alert } from '../workload/observations';

/** Trading days: they are loaded once a week. */
export const aliasesMayLag = 5;

/** What is told of the queue and of how fresh the data are, by the scheduler's metrics. */
export const schedulerAlerts: readonly Alert[] = [
  {
    name: 'QueueDeep',
    expression: 'sum(jobs_unfinished{state=~"accepted|queued"}) > 1000',
    forSeconds: 900,
    severity: 'warning',
    summary: 'Many jobs wait',
    description: '{{ $value | printf "%.0f" }} jobs wait for a worker',
  },
  {
    name: 'OldestJobWaits',
    expression: 'max(bullmq_queue_oldest_waiting_seconds) > 1800',
    forSeconds: 300,
    severity: 'warning',
    summary: 'A job waits for long',
    description: 'The oldest job has waited for {{ $value | humanizeDuration }}',
  },
  {
    name: 'WorkersSilent',
    expression: 'max(bullmq_queue_oldest_waiting_seconds) > 300 and sum(jobs_unfinished{state="active"}) == 0',
    forSeconds: 120,
    severity: 'critical',
    summary: 'Jobs wait and no worker takes them',
    description: 'The oldest job has waited for {{ $value | humanizeDuration }}, and none is being run',
    explains: ['OldestJobWaits', 'QueueDeep'],
  },
  {
    name: 'ScheduleMissing',
    expression: 'max by (schedule) (schedule_faulty) == 1',
    forSeconds: 300,
    severity: 'critical',
    summary: 'A schedule is not in the queue as it should be',
    description:
      'Schedule {{ $labels.schedule }} is missing or wrong in the queue (value {{ $value }}); its data will not come',
  },
  {
    name: 'DeadLetters',
    expression: 'max(dlq_size) > 0',
    forSeconds: 300,
    severity: 'warning',
    summary: 'Jobs failed for good',
    description: '{{ $value | printf "%.0f" }} dead letters were not replayed',
  },
  {
    name: 'DatasetStale',
    expression: `max by (dataset) (dataset_lag_trading_days{dataset!="symbol_alias"}) > 0 or max by (dataset) (dataset_lag_trading_days{dataset="symbol_alias"}) > ${aliasesMayLag}`,
    // The last run of the evening is at 20:40, bars are due at 18:00.
    forSeconds: 3 * 3600,
    severity: 'critical',
    summary: 'A dataset is behind the trading calendar',
    description: 'Dataset {{ $labels.dataset }} is {{ $value }} trading days behind',
  },
  {
    name: 'DatasetNeverLoaded',
    expression: 'max by (dataset) (dataset_loaded) == 0',
    // A new environment loads its history first.
    forSeconds: 24 * 3600,
    severity: 'warning',
    summary: 'A dataset was never loaded',
    description: 'There is nothing of dataset {{ $labels.dataset }} after a day (loaded is {{ $value }})',
  },
  {
    name: 'DatasetHasGaps',
    expression: 'max by (dataset) (dataset_missing_trading_days) > 0',
    // The days before are loaded again each morning.
    forSeconds: 24 * 3600,
    severity: 'warning',
    summary: 'A dataset lacks trading days between others',
    description:
      'Dataset {{ $labels.dataset }} has nothing of {{ $value }} trading days of the last weeks, though later days are there',
  },
  {
    name: 'TradingCalendarEnds',
    // The exchanges announce a year some ten days before it begins, and it is loaded every Monday. Days that are not known count as
    // none: without them nothing is ever stale.
    expression: 'max(trading_calendar_until_seconds) - time() < 5 * 86400',
    forSeconds: 3600,
    severity: 'warning',
    summary: 'The trading calendar ends',
    description: 'The days that are known end in {{ $value | humanizeDuration }}; after that no dataset is found stale',
  },
  {
    name: 'PartitionMissing',
    expression: 'min(stock_data_partitioned_until_seconds) - time() < 30 * 86400',
    forSeconds: 3600,
    severity: 'critical',
    summary: 'The table of bars has no partition for the days to come',
    description: 'The last partition of stock_data ends in {{ $value | humanizeDuration }}',
  },
  {
    name: 'SchedulerMetricsMissing',
    expression: 'absent(jobs_unfinished)',
    forSeconds: 300,
    severity: 'critical',
    summary: 'Nothing tells the state of the queue',
    description: 'No scheduler gives its metrics (value {{ $value }}); alerts of queue and freshness are blind',
  },
];
