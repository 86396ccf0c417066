import { renderPrometheusConfig, renderRules } from '../../../constructs/prometheus/prometheus-config';

const job = { name: 'web', component: 'shop', port: 'metrics', intervalSeconds: 30 };
const rendered = (instances: Parameters<typeof renderPrometheusConfig>[0]['jobs'][number]['instances']) =>
  JSON.parse(
    renderPrometheusConfig({
      labels: { tier: 'staging' },
      jobs: [{ ...job, instances }],
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
