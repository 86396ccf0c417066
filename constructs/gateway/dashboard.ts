import { dashboard, now, overTime } from '../grafana/panels';
import type { Dashboard } from '../workload/observations';

/** Connections and requests of the gateway, all replicas together where they are not named. */
export const gatewayDashboard = (environment: string): Dashboard =>
  dashboard({
    uid: 'stock-gateway',
    title: 'Gateway',
    description: 'Requests and connections of Nginx, and whether clients reach the API through it.',
    environment,
    panels: [
      overTime({
        title: 'Requests',
        description: 'A second, by replica; answers that Nginx gives itself, such as 429, are among them.',
        unit: 'reqps',
        queries: [
          {
            expression: 'sum by (instance) (rate(nginx_http_requests_total[$__rate_interval]))',
            legend: '{{instance}}',
          },
        ],
      }),
      overTime({
        title: 'New connections',
        description: 'Accepted a second.',
        unit: 'cps',
        queries: [{ expression: 'sum(rate(nginx_connections_accepted[$__rate_interval]))', legend: 'accepted' }],
      }),
      overTime({
        title: 'Open connections',
        description: 'Reading a request, writing an answer, or waiting for the next request.',
        unit: 'short',
        queries: [
          { expression: 'sum(nginx_connections_reading)', legend: 'reading' },
          { expression: 'sum(nginx_connections_writing)', legend: 'writing' },
          { expression: 'sum(nginx_connections_waiting)', legend: 'waiting' },
        ],
      }),
      overTime({
        title: 'Connections dropped',
        description: 'In five minutes.',
        alerts: ['GatewayDropsConnections'],
        unit: 'short',
        badFrom: 1,
        queries: [
          {
            expression: 'sum(increase(nginx_connections_accepted[5m])) - sum(increase(nginx_connections_handled[5m]))',
            legend: 'dropped',
          },
        ],
      }),
      now({
        title: 'Replicas that do not answer',
        description: 'Replicas of Nginx that do not answer their exporter. After a minute somebody is told.',
        alerts: ['GatewayDown'],
        unit: 'short',
        badFrom: 1,
        queries: [{ expression: 'sum(1 - nginx_up)', legend: 'silent' }],
      }),
      overTime({
        title: 'Health as clients see it',
        description: 'Seconds that /health takes through the gateway.',
        alerts: ['HealthNotReached'],
        unit: 's',
        queries: [{ expression: 'max(probe_duration_seconds{job="blackbox-exporter"})', legend: '/health' }],
      }),
    ],
  });
