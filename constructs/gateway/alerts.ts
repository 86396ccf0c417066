import type { Alert } from '../workload/observations';

/** What is told of each Nginx by the exporter beside it, and of what is asked through it as clients ask. */
export const gatewayAlerts: readonly Alert[] = [
  {
    name: 'GatewayDown',
    expression: 'nginx_up == 0',
    forSeconds: 60,
    severity: 'critical',
    summary: 'Nginx does not answer',
    description: 'The exporter of {{ $labels.instance }} cannot ask Nginx (nginx_up is {{ $value }})',
  },
  {
    name: 'GatewayDropsConnections',
    expression: 'increase(nginx_connections_accepted[5m]) - increase(nginx_connections_handled[5m]) > 0',
    forSeconds: 60,
    severity: 'warning',
    summary: 'Nginx drops connections',
    description:
      'Connections that {{ $labels.instance }} accepted and dropped in 5 minutes: {{ $value | printf "%.0f" }}; it has as many as it may',
  },
  {
    name: 'HealthNotReached',
    expression: 'probe_success{job="blackbox-exporter"} == 0',
    forSeconds: 120,
    severity: 'critical',
    summary: 'Clients do not reach a healthy API',
    description: '/health through the gateway is no success (probe_success is {{ $value }})',
  },
  {
    name: 'CertificateExpires',
    // Told by probes over TLS alone: there is none where another ends it.
    expression: '(probe_ssl_earliest_cert_expiry - time()) / 86400 < 14',
    forSeconds: 3600,
    severity: 'warning',
    summary: 'A certificate ends soon',
    description: 'The certificate that {{ $labels.instance }} was shown ends in {{ $value | printf "%.1f" }} days',
  },
];
