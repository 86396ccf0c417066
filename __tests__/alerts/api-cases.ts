import type { AlertCases } from './alert-case';

const answered = (status: number, aMinute: number) => ({
  [`http_requests_total{instance="a", status="${status}"}`]: `0+${aMinute}x400`,
});
const timed = (within2Seconds: number, all: number) => ({
  'http_request_duration_seconds_bucket{instance="a", le="2.0"}': `0+${within2Seconds}x400`,
  'http_request_duration_seconds_bucket{instance="a", le="5.0"}': `0+${all}x400`,
  'http_request_duration_seconds_bucket{instance="a", le="+Inf"}': `0+${all}x400`,
  'http_request_duration_seconds_count{instance="a"}': `0+${all}x400`,
});
const errors = (share: string) => `${share} of requests are answers with a status of 500 or more; 0.1 % may be`;
const slow = (share: string) => `${share} of requests are answers that took more than 2 s; 1 % may be`;

export const apiCases: AlertCases = {
  HighErrorRate: {
    firing: { ...answered(500, 6), ...answered(503, 6) },
    pendingAt: 3,
    firingAt: 10,
    says: 'Error rate is 0.20 errors per second',
    quiet: { ...answered(500, 6), ...answered(404, 60) },
  },
  HighResponseTime: {
    firing: timed(90, 100),
    pendingAt: 4,
    firingAt: 10,
    says: '95th percentile response time is 3.50 s',
    quiet: timed(96, 100),
  },
  LogRecordsLost: {
    firing: { 'log_records_lost_total{instance="a", file="api"}': '0+1x60' },
    pendingAt: 1,
    firingAt: 20,
    labels: { instance: 'a', file: 'api' },
    says: '10 records were not written to api.log in 10 minutes',
    quiet: { 'log_records_lost_total{instance="a", file="api"}': '5+0x60' },
  },
  ApiErrorBudgetBurnsFast: {
    firing: { ...answered(200, 98), ...answered(500, 2) },
    pendingAt: 2,
    firingAt: 20,
    says: errors('2%'),
    quiet: { ...answered(200, 998), ...answered(500, 2) },
  },
  ApiErrorBudgetBurnsSlowly: {
    firing: { ...answered(200, 995), ...answered(500, 5) },
    pendingAt: 10,
    firingAt: 30,
    says: errors('0.5%'),
    quiet: { ...answered(200, 9995), ...answered(500, 5) },
  },
  ApiLatencyBudgetBurnsFast: {
    firing: timed(80, 100),
    pendingAt: 2,
    firingAt: 20,
    says: slow('20%'),
    quiet: timed(98, 100),
  },
  ApiLatencyBudgetBurnsSlowly: {
    firing: timed(96, 100),
    pendingAt: 10,
    firingAt: 30,
    says: slow('4%'),
    quiet: timed(995, 1000),
  },
};
