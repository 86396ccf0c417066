import type { AlertCases } from './alert-case';

const ofGateway = { job: 'nginx-exporter', instance: 'a' };
const connections = (accepted: number, handled: number) => ({
  'nginx_connections_accepted{job="nginx-exporter", instance="a"}': `0+${accepted}x60`,
  'nginx_connections_handled{job="nginx-exporter", instance="a"}': `0+${handled}x60`,
});
const certificateUntil = (days: number) => ({
  'probe_ssl_earliest_cert_expiry{job="blackbox-exporter", instance="b"}': `${days * 86_400}x100`,
});

export const gatewayCases: AlertCases = {
  GatewayDown: {
    firing: { 'nginx_up{job="nginx-exporter", instance="a"}': '0x60' },
    pendingAt: 0,
    firingAt: 5,
    labels: ofGateway,
    says: 'The exporter of a cannot ask Nginx (nginx_up is 0)',
    quiet: { 'nginx_up{job="nginx-exporter", instance="a"}': '1x60' },
  },
  GatewayDropsConnections: {
    firing: connections(100, 98),
    pendingAt: 1,
    firingAt: 10,
    labels: ofGateway,
    says: 'Connections that a accepted and dropped in 5 minutes: 10; it has as many as it may',
    quiet: connections(100, 100),
  },
  HealthNotReached: {
    firing: { 'probe_success{job="blackbox-exporter", instance="b"}': '0x60' },
    pendingAt: 1,
    firingAt: 5,
    labels: { job: 'blackbox-exporter', instance: 'b' },
    says: '/health through the gateway is no success (probe_success is 0)',
    quiet: { 'probe_success{job="blackbox-exporter", instance="b"}': '1x60' },
  },
  CertificateExpires: {
    firing: certificateUntil(10),
    pendingAt: 30,
    firingAt: 72,
    labels: { job: 'blackbox-exporter', instance: 'b' },
    says: 'The certificate that b was shown ends in 9.9 days',
    quiet: certificateUntil(20),
  },
};
