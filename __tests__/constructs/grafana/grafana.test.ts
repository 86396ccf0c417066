import { apiDashboard } from '../../../constructs/api/dashboard';
import { Grafana } from '../../../constructs/grafana/grafana';
import { Environment } from '../../../constructs/workload/environment';
import { type TextFile, textOf } from '../../../constructs/workload/files';
import { Workload } from '../../../constructs/workload/workload';
import { containerOf } from '../../kubernetes-objects';
import { type ProductStack, rendered, service } from '../../product';

const image = { reference: 'grafana/grafana:13.2.0', version: '13.2.0' };
const size = { image, cpuMillicores: 250, memoryMiB: 256 };

function addGrafana(stack: ProductStack, { isLetIn = true } = {}): Grafana {
  const { observations, connections } = Environment.of(stack);
  observations.record({ component: 'api', dashboards: [apiDashboard('dev')] });
  const prometheus = new Workload(stack, 'prometheus', service({ component: 'prometheus', ports: { http: 9090 } }));
  const grafana = new Grafana(stack, 'grafana', {
    ...size,
    prometheus: { peer: prometheus, port: 'http', path: '/prometheus/', login: 'of the gateway' },
    origin: 'https://x.example',
    links: { repository: 'https://git.example/platform' },
  });
  if (isLetIn) connections.allow(grafana.workload, prometheus, 'http');
  return grafana;
}
let grafana: Grafana;
const kubernetes = rendered('kubernetes', (stack) => {
  grafana = addGrafana(stack);
});
const file = (path: string) => JSON.parse(textOf(grafana.workload.files[path] as TextFile));

test('its source of metrics has the uid that every panel names, at the Prometheus that lets it in', () => {
  expect(file('provisioning/datasources/prometheus.yaml').datasources).toEqual([
    expect.objectContaining({
      uid: 'prometheus',
      type: 'prometheus',
      url: 'http://stock-analysis-prometheus:9090/prometheus/',
      editable: false,
    }),
  ]);
});

test('a Prometheus that does not let it in is refused', () => {
  expect(() => rendered('kubernetes', (stack) => void addGrafana(stack, { isLetIn: false }))).toThrow(
    'does not let it in: prometheus.allow(grafana)',
  );
});

test('what components recorded is a file each, read again when it changes', () => {
  const dashboards = Object.entries(grafana.workload.files).filter(([path]) => path.startsWith('dashboards/'));
  expect(dashboards.map(([path]) => path)).toEqual(['dashboards/stock-api.json', 'dashboards/stock-overview.json']);
  for (const [, source] of dashboards) expect(source).toMatchObject({ onChange: 'reread' });
  expect(file('dashboards/stock-overview.json').title).toBe('Stock Analysis System Overview');
  expect(file('provisioning/dashboards/files.yaml').providers[0].options.path).toBe('/etc/stock-analysis/dashboards');
});

test('two dashboards of one uid are refused', () => {
  const twice = (stack: ProductStack) => {
    Environment.of(stack).observations.record({ component: 'other', dashboards: [apiDashboard('dev')] });
    addGrafana(stack);
  };
  expect(() => rendered('kubernetes', twice)).toThrow('dashboard "API" has the uid "stock-api" of another one');
});

test('its password is a file, and nobody gets in without one', () => {
  expect(grafana.workload.environment).toMatchObject({
    GF_SECURITY_ADMIN_PASSWORD__FILE: '/etc/stock-analysis/admin-password',
    GF_AUTH_ANONYMOUS_ENABLED: 'false',
    GF_USERS_ALLOW_SIGN_UP: 'false',
  });
  expect(kubernetes.addresses).toContain('kubernetes_secret_v1.grafana');
});

test('it asks no other host for plugins, and writes to its two folders alone', () => {
  expect(grafana.workload.environment).toMatchObject({
    GF_PLUGINS_PREINSTALL_AUTO_UPDATE: 'false',
    GF_PLUGINS_PREINSTALL_DISABLED: 'true',
    GF_ANALYTICS_CHECK_FOR_UPDATES: 'false',
  });
  expect(Object.keys(grafana.workload.props.scratchMiB ?? {})).toEqual(['/var/lib/grafana', '/tmp']);
  expect(containerOf(kubernetes, 'grafana')).toMatchObject({
    security_context: { read_only_root_filesystem: true, run_as_user: '10472' },
  });
});

test('it serves below /grafana/, where people reach it, and asks for a login itself', () => {
  expect(grafana.webInterface).toEqual({
    path: '/grafana/',
    peer: grafana.workload,
    port: 'http',
    login: 'its own',
  });
  expect(grafana.workload.environment).toMatchObject({
    GF_SERVER_ROOT_URL: 'https://x.example/grafana/',
    GF_SERVER_SERVE_FROM_SUB_PATH: 'true',
    GF_SECURITY_COOKIE_SECURE: 'true',
  });
});

test('what it tells without a login is nothing, its metrics included', () => {
  expect(grafana.workload.environment).toMatchObject({ GF_METRICS_ENABLED: 'false' });
});

test('it collects garbage before its limit', () => {
  expect(grafana.workload.environment).toMatchObject({ GOMEMLIMIT: '230MiB' });
});

test('panels lead to the pages of their alerts', () => {
  const [panel] = file('dashboards/stock-overview.json').panels.slice(1);
  expect(panel.links).toEqual([
    expect.objectContaining({
      title: 'HighResponseTime',
      url: 'https://git.example/platform/docs/runbooks/HighResponseTime.md',
    }),
  ]);
});
