import type { AlertCases } from './alert-case';

const rows = (result: string, aMinute: number) => ({
  [`ingest_rows_total{dataset="daily", source="akshare", result="${result}"}`]: `0+${aMinute}x100`,
});
const ofApi = { source: 'tushare', api: 'daily' };

export const workerCases: AlertCases = {
  JobsTimeOut: {
    firing: { 'job_timeouts_total{kind="hard", instance="a"}': '0+1x60' },
    pendingAt: 4,
    firingAt: 20,
    labels: { kind: 'hard' },
    says: '15 attempts reached the hard limit in 15 minutes',
    quiet: { 'job_timeouts_total{kind="hard", instance="a"}': '0x10 1x50' },
  },
  QuarantineRateHigh: {
    firing: { ...rows('inserted', 90), ...rows('quarantined', 10) },
    pendingAt: 5,
    firingAt: 20,
    labels: { dataset: 'daily', source: 'akshare' },
    says: '10% of the rows of daily from akshare were put into quarantine',
    quiet: { ...rows('inserted', 98), ...rows('quarantined', 2) },
  },
  SourceBreakerOpen: {
    firing: { 'source_breaker_open{source="tushare", api="daily", instance="a"}': '1x60' },
    pendingAt: 10,
    firingAt: 20,
    labels: ofApi,
    says: 'The breaker of tushare daily has stayed open (value 1)',
    quiet: { 'source_breaker_open{source="tushare", api="daily", instance="a"}': '0x60' },
  },
  SourceQuotaUsedUp: {
    firing: { 'source_requests_total{source="tushare", api="daily", outcome="rate_limit"}': '0+1x60' },
    pendingAt: 5,
    firingAt: 20,
    labels: ofApi,
    says: 'tushare daily refused 15 requests in 15 minutes',
    quiet: { 'source_requests_total{source="tushare", api="daily", outcome="ok"}': '0+100x60' },
  },
};
