import type { Dashboard } from '../workload/observations';
import { dashboard, now, overTime } from './panels';

/** The manual's dashboard (Grafana仪表板): its four panels first, then what else tells at a glance whether the system works. */
export const overviewDashboard = (environment: string): Dashboard =>
  dashboard({
    uid: 'stock-overview',
    title: 'Stock Analysis System Overview',
    description: 'Whether the system works, at a glance.',
    environment,
    panels: [
      overTime({
        title: 'Request Rate',
        description: 'Requests answered a second, by method and status.',
        unit: 'reqps',
        queries: [
          {
            expression: 'sum by (method, status) (rate(http_requests_total[$__rate_interval]))',
            legend: '{{method}} {{status}}',
          },
        ],
      }),
      overTime({
        title: 'Response Time',
        description: 'Above 2 s somebody is told.',
        alerts: ['HighResponseTime'],
        unit: 's',
        badFrom: 2,
        queries: [
          { expression: responseTime(0.95), legend: '95th percentile' },
          { expression: responseTime(0.5), legend: '50th percentile' },
        ],
      }),
      now({
        title: 'Error Rate',
        description:
          'Share of requests that end in an error of the server. Above 0.1 errors a second somebody is told.',
        alerts: ['HighErrorRate'],
        unit: 'percentunit',
        badFrom: 0.1,
        empty: 'no requests',
        queries: [
          {
            expression:
              '(sum(rate(http_requests_total{status=~"5.."}[$__rate_interval])) or vector(0)) / sum(rate(http_requests_total[$__rate_interval]))',
            legend: 'Error Rate',
          },
        ],
      }),
      overTime({
        title: 'Database Connections',
        description: 'Connections to PostgreSQL, as it counts them. Above 80 somebody is told.',
        alerts: ['DatabaseConnectionHigh'],
        unit: 'short',
        badFrom: 80,
        queries: [{ expression: 'sum(pg_stat_activity_count)', legend: 'Active connections' }],
      }),
      overTime({
        title: 'Jobs that are not finished',
        description: 'By state, as recorded in PostgreSQL.',
        alerts: ['QueueDeep'],
        unit: 'short',
        queries: [{ expression: 'max by (state) (jobs_unfinished)', legend: '{{state}}' }],
      }),
      now({
        title: 'Processes that are down',
        description: 'Scrape targets that do not answer. After two minutes somebody is told.',
        alerts: ['TargetDown'],
        unit: 'short',
        badFrom: 1,
        queries: [{ expression: 'sum(1 - up)', legend: 'down' }],
      }),
    ],
  });

function responseTime(quantile: number): string {
  return `histogram_quantile(${quantile}, sum by (le) (rate(http_request_duration_seconds_bucket[$__rate_interval])))`;
}
