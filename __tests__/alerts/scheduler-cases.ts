import type { AlertCases } from './alert-case';

const jobs = (active: number, queued: number) => ({
  'jobs_unfinished{state="active"}': `${active}x300`,
  'jobs_unfinished{state="accepted"}': '0x300',
  'jobs_unfinished{state="queued"}': `${queued}x300`,
});
const oldest = (seconds: number) => ({ 'bullmq_queue_oldest_waiting_seconds{queue="q"}': `${seconds}x300` });
const lag = (dataset: string, days: number) => ({ [`dataset_lag_trading_days{dataset="${dataset}"}`]: `${days}x300` });
const daySeconds = 86_400;
const ninetyMinutes = 90 * 60;

export const schedulerCases: AlertCases = {
  QueueDeep: {
    firing: jobs(4, 1500),
    pendingAt: 10,
    firingAt: 20,
    says: '1500 jobs wait for a worker',
    quiet: jobs(4, 1000),
  },
  OldestJobWaits: {
    firing: oldest(3600),
    pendingAt: 4,
    firingAt: 10,
    says: 'The oldest job has waited for 1h 0m 0s',
    quiet: oldest(1800),
  },
  WorkersSilent: {
    firing: { ...jobs(0, 3), ...oldest(600) },
    pendingAt: 1,
    firingAt: 5,
    says: 'The oldest job has waited for 10m 0s, and none is being run',
    quiet: { ...jobs(1, 3), ...oldest(600) },
  },
  ScheduleMissing: {
    firing: { 'schedule_faulty{schedule="quotes"}': '1x60' },
    pendingAt: 4,
    firingAt: 10,
    labels: { schedule: 'quotes' },
    says: 'Schedule quotes is missing or wrong in the queue (value 1); its data will not come',
    quiet: { 'schedule_faulty{schedule="quotes"}': '0x60' },
  },
  DeadLetters: {
    firing: { dlq_size: '3x60' },
    pendingAt: 4,
    firingAt: 10,
    says: '3 dead letters were not replayed',
    quiet: { dlq_size: '0x60' },
  },
  DatasetStale: {
    firing: lag('daily', 1),
    pendingAt: 170,
    firingAt: 200,
    labels: { dataset: 'daily' },
    says: 'Dataset daily is 1 trading days behind',
    // On a holiday no day is due, and aliases come once a week.
    quiet: { ...lag('daily', 0), ...lag('symbol_alias', 4) },
  },
  DatasetNeverLoaded: {
    firing: { 'dataset_loaded{dataset="daily"}': '0x1500' },
    pendingAt: 1400,
    firingAt: 1450,
    labels: { dataset: 'daily' },
    says: 'There is nothing of dataset daily after a day (loaded is 0)',
    quiet: { 'dataset_loaded{dataset="daily"}': '1x1500' },
  },
  DatasetHasGaps: {
    firing: { 'dataset_missing_trading_days{dataset="daily"}': '2x1500' },
    pendingAt: 1400,
    firingAt: 1450,
    labels: { dataset: 'daily' },
    says: 'Dataset daily has nothing of 2 trading days of the last weeks, though later days are there',
    // A holiday is no trading day, and is not counted.
    quiet: { 'dataset_missing_trading_days{dataset="daily"}': '0x1500' },
  },
  TradingCalendarEnds: {
    firing: { trading_calendar_until_seconds: `${3 * daySeconds + ninetyMinutes}x300` },
    pendingAt: 30,
    firingAt: 90,
    says: 'The days that are known end in 3d 0h 0m 0s; after that no dataset is found stale',
    quiet: { trading_calendar_until_seconds: `${6 * daySeconds}x300` },
  },
  PartitionMissing: {
    firing: { stock_data_partitioned_until_seconds: `${20 * daySeconds + ninetyMinutes}x300` },
    pendingAt: 50,
    firingAt: 90,
    says: 'The last partition of stock_data ends in 20d 0h 0m 0s',
    quiet: { stock_data_partitioned_until_seconds: `${40 * daySeconds}x300` },
  },
  SchedulerMetricsMissing: {
    firing: {},
    pendingAt: 4,
    firingAt: 10,
    says: 'No scheduler gives its metrics (value 1); alerts of queue and freshness are blind',
    quiet: jobs(0, 0),
  },
};
