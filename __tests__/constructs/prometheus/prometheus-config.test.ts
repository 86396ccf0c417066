import { renderPrometheusConfig, renderRules } from '../../../constructs/prometheus/prometheus-config';

const job = { name: 'web', component: 'shop', port: 'metrics', intervalSeconds: 30 };
type Job = Parameters<typeof renderPrometheusConfig>[0]['jobs'][number];
const rendered = (instances: Job['instances'], further: Partial<Job> = {}) =>
  JSON.parse(
    renderPrometheusConfig({
      labels: { tier: 'staging' },
      jobs: [{ ...job, instances, ...further }],
      alertmanagers: [{ address: 'alerts:9093', path: '/alertmanager/' }],
    }),
  ).scrape_configs[0];

test('an address is one target, with the job and whom it is about', () => {
  expect(rendered({ address: 'shop:9000' })).toMatchObject({
    scrape_interval: '30s',
    static_configs: [{ targets: ['shop:9000'] }],
    relabel_configs: [
      { target_label: 'job', replacement: 'web' },
      { target_label: 'component', replacement: 'shop' },
    ],
  });
});

test('pods are found in their namespace alone, by their labels and the name of the port', () => {
  const config = rendered({ pods: { namespace: 'here', labels: { app: 'shop' } } });
  expect(config.static_configs).toBeUndefined();
  expect(config.kubernetes_sd_configs).toEqual([
    { role: 'pod', namespaces: { names: ['here'] }, selectors: [{ role: 'pod', label: 'app=shop' }] },
  ]);
  expect(config.relabel_configs[0]).toMatchObject({ regex: 'metrics', action: 'keep' });
});

test('what is on every node is found by the address that its pods know, in the same namespace alone', () => {
  const config = rendered({ onNodesOf: { namespace: 'agents', labels: { app: 'agent' } }, port: 10_250 });
  expect(config.kubernetes_sd_configs).toEqual([
    { role: 'pod', namespaces: { names: ['agents'] }, selectors: [{ role: 'pod', label: 'app=agent' }] },
  ]);
  expect(addressFrom(config, '10.0.0.7')).toBe('10.0.0.7:10250');
  expect(addressFrom(config, 'fd00::7')).toBe('[fd00::7]:10250');
  const labels = config.relabel_configs.map((rule: { target_label?: string }) => rule.target_label);
  expect(labels.filter((label?: string) => label !== undefined && label !== '__address__')).toEqual([
    'job',
    'component',
    'node',
  ]);
});

/** What Prometheus makes of the address of a node: each rule that matches the whole of it replaces the last one's. */
function addressFrom(config: ReturnType<typeof rendered>, host: string): string {
  return config.relabel_configs
    .filter((rule: { target_label?: string }) => rule.target_label === '__address__')
    .reduce((address: string, { regex, replacement }: { regex: string; replacement: string }) => {
      const whole = new RegExp(`^(?:${regex})$`);
      return whole.test(host) ? host.replace(whole, replacement) : address;
    }, 'pod:9100');
}

const account = '/var/run/secrets/kubernetes.io/serviceaccount';

test.each([
  [{ signedBy: 'cluster' }, { ca_file: `${account}/ca.crt` }],
  [{ signedBy: 'others', caFile: '/files/ca.pem' }, { ca_file: '/files/ca.pem' }],
  [{ signedBy: 'themselves' }, { insecure_skip_verify: true }],
] as const)('what answers over TLS gets the token of the pod, certificates signed by %j', (tls, tlsConfig) => {
  expect(rendered({ address: 'node:10250' }, { tls })).toMatchObject({
    scheme: 'https',
    authorization: { type: 'Bearer', credentials_file: `${account}/token` },
    tls_config: tlsConfig,
  });
  expect(rendered({ address: 'shop:9000' })).not.toHaveProperty('authorization');
});

test('of a job that says so, only the samples whose labels match are kept', () => {
  const kept = { __name__: 'a_total|b_total', namespace: 'here' };
  expect(rendered({ address: 'node:10250' }, { kept }).metric_relabel_configs).toEqual([
    { source_labels: ['__name__'], regex: 'a_total|b_total', action: 'keep' },
    { source_labels: ['namespace'], regex: 'here', action: 'keep' },
  ]);
});

test('an alert says how bad it is and where to read what to do', () => {
  const alert = { name: 'Down', expression: 'up == 0', forSeconds: 60, severity: 'critical' } as const;
  const groups = [{ component: 'shop', alerts: [{ ...alert, summary: 'Down', description: 'It is down' }] }];
  expect(JSON.parse(renderRules(groups, 'https://example.com')).groups[0].rules[0]).toMatchObject({
    alert: 'Down',
    for: '60s',
    labels: { severity: 'critical' },
    annotations: { runbook_url: 'https://example.com/docs/runbooks/Down.md' },
  });
});
