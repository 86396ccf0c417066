import { dashboard, now, overTime } from '../grafana/panels';
import type { Dashboard } from '../workload/observations';

/** Requests, errors and duration of the API, and what its processes need for them. */
export const apiDashboard = (environment: string): Dashboard =>
  dashboard({
    uid: 'stock-api',
    title: 'API',
    description: 'Requests, errors and duration by route, the cache, and the processes themselves.',
    environment,
    panels: [
      overTime({
        title: 'Requests by route',
        description: 'Requests answered a second.',
        unit: 'reqps',
        queries: [{ expression: 'sum by (route) (rate(http_requests_total[$__rate_interval]))', legend: '{{route}}' }],
      }),
      overTime({
        title: 'Duration by route, 95th percentile',
        description: 'From the arrival of a request to the end of its answer. Above 2 s somebody is told.',
        alerts: ['HighResponseTime'],
        unit: 's',
        badFrom: 2,
        queries: [
          {
            expression:
              'histogram_quantile(0.95, sum by (le, route) (rate(http_request_duration_seconds_bucket[$__rate_interval]))) >= 0',
            legend: '{{route}}',
          },
        ],
      }),
      overTime({
        title: 'Errors of the server',
        description: 'Answers with a status of 500 or more, a second. Above 0.1 for two minutes somebody is told.',
        alerts: ['HighErrorRate'],
        unit: 'reqps',
        badFrom: 0.1,
        empty: 'no errors',
        queries: [
          {
            expression: 'sum(rate(http_requests_total{status=~"5.."}[$__rate_interval])) or vector(0)',
            legend: 'errors',
          },
        ],
      }),
      now({
        title: 'Ended in an error, 24 hours',
        description: 'Share of the requests of the last 24 hours that ended in an error of the server; 0.1 % may.',
        alerts: ['ApiErrorBudgetBurnsFast', 'ApiErrorBudgetBurnsSlowly'],
        unit: 'percentunit',
        badFrom: 0.001,
        empty: 'no requests',
        queries: [
          {
            expression:
              '(sum(increase(http_requests_total{status=~"5.."}[24h])) or vector(0)) / sum(increase(http_requests_total[24h]))',
            legend: 'ended in an error',
          },
        ],
      }),
      overTime({
        title: 'Questions to the cache',
        description: 'By result: hit, miss, stale (the database is down) or error (the cache is).',
        unit: 'ops',
        empty: 'not asked yet',
        queries: [
          { expression: 'sum by (result) (rate(cache_requests_total[$__rate_interval]))', legend: '{{result}}' },
        ],
      }),
      overTime({
        title: 'Connections to the database, by process',
        description:
          'Busy ones, and requests that wait for one: any that wait for long need a larger pool or faster answers.',
        unit: 'short',
        queries: [
          {
            expression: 'sum by (job, instance, state) (pg_pool_connections{state=~"busy|waiting"})',
            legend: '{{job}} {{instance}} {{state}}',
          },
        ],
      }),
      overTime({
        title: 'Delay of the event loop, 99th percentile',
        description: 'How long a process had other things to do while something was due.',
        unit: 's',
        queries: [
          { expression: 'max by (job, instance) (nodejs_eventloop_lag_p99_seconds)', legend: '{{job}} {{instance}}' },
        ],
      }),
      overTime({
        title: 'Memory',
        description: 'Resident memory of each process of the application.',
        unit: 'bytes',
        queries: [
          {
            expression: 'sum by (job, instance) (process_resident_memory_bytes{job=~"stock-analysis-.+"})',
            legend: '{{job}} {{instance}}',
          },
        ],
      }),
    ],
  });
