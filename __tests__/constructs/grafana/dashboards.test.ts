import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createHttpMetrics } from '../../../app/src/api/http-metrics';
import { registerJobCounts } from '../../../app/src/jobs/job-counts';
import { createJobMetrics } from '../../../app/src/jobs/job-metrics';
import { registerFreshness } from '../../../app/src/quality/freshness-metrics';
import { createRegistry } from '../../../app/src/runtime/metrics';
import { createSourceMetrics } from '../../../app/src/sources/source-metrics';
import { apiDashboard } from '../../../constructs/api/dashboard';
import { backupDashboard } from '../../../constructs/backup/dashboard';
import { logsDashboard } from '../../../constructs/elasticsearch/dashboard';
import { clusterDashboard } from '../../../constructs/exporters/kube-state-metrics-dashboard';
import { kubeletPanels } from '../../../constructs/exporters/kubelet-panels';
import { machinesDashboard } from '../../../constructs/exporters/node-exporter-dashboard';
import { gatewayDashboard } from '../../../constructs/gateway/dashboard';
import { overviewDashboard } from '../../../constructs/grafana/overview';
import { dashboard, overTime, type PanelProps } from '../../../constructs/grafana/panels';
import { postgresDashboard } from '../../../constructs/postgres/dashboard';
import { monitoringDashboard } from '../../../constructs/prometheus/dashboard';
import { cacheDashboard, queueDashboard } from '../../../constructs/redis/dashboard';
import { workersDashboard } from '../../../constructs/worker/dashboard';
import { sourcesDashboard } from '../../../constructs/worker/sources-dashboard';
import type { Dashboard } from '../../../constructs/workload/observations';
import { readExposition } from '../../expositions/exposition';

interface Place {
  readonly x: number;
  readonly y: number;
  readonly w: number;
  readonly h: number;
}
interface Panel {
  readonly type: string;
  readonly title: string;
  readonly description?: string;
  readonly datasource: object;
  readonly gridPos: Place;
  readonly links?: ReadonlyArray<{ readonly title: string; readonly url: string }>;
  readonly fieldConfig: { readonly defaults: { readonly unit?: string } };
  readonly targets: ReadonlyArray<{
    readonly expr: string;
    readonly legendFormat?: string;
    readonly datasource: object;
  }>;
}

const made = (environment: string) => [
  ...[
    overviewDashboard,
    apiDashboard,
    workersDashboard,
    sourcesDashboard,
    postgresDashboard,
    backupDashboard,
    gatewayDashboard,
    logsDashboard,
    machinesDashboard,
    monitoringDashboard,
  ].map((make) => make(environment)),
  clusterDashboard(environment, kubeletPanels),
  cacheDashboard(environment, 'cache'),
  queueDashboard(environment, 'queue'),
];
const dashboards = made('dev');
const repository = 'https://git.example/platform';
const jsonOf = ({ json }: Dashboard) => json({ repository });
const panelsOf = (each: Dashboard) => jsonOf(each).panels as readonly Panel[];
const titled = dashboards.map((each) => [each.title, each] as const);

/** What exporters told when recorded. */
const ofExporters = [
  'alertmanager',
  'backup',
  'blackbox-exporter',
  'elasticsearch-exporter',
  'kube-state-metrics',
  'kubelet',
  'kubelet-cadvisor',
  'log-watch',
  'nginx-exporter',
  'node-exporter',
  'postgres-exporter',
  'prometheus',
  'redis-exporter',
].flatMap((name) => [
  ...readExposition(readFileSync(join(__dirname, `../../expositions/${name}.prom`), 'utf8')).keys(),
]);

/** What our own processes and the exporters expose; Prometheus makes the last two of each target. */
function exposedNames(): Set<string> {
  const nothing = {} as never;
  const registry = createRegistry(nothing);
  createHttpMetrics(registry);
  createJobMetrics(registry, []);
  createSourceMetrics(registry, nothing, []);
  registerJobCounts(registry, nothing, nothing);
  registerFreshness(registry, nothing);
  const names = registry
    .getMetricsAsArray()
    .flatMap(({ name, type }) =>
      `${type}` === 'histogram' ? ['_bucket', '_count', '_sum'].map((end) => `${name}${end}`) : [name],
    );
  return new Set([...names, ...ofExporters, 'up', 'scrape_duration_seconds']);
}

/** The metrics an expression names: what is left of it without labels, ranges, groupings and functions. */
const metricsIn = (expression: string): string[] =>
  expression
    .replaceAll(/\{[^}]*\}|\[[^\]]*\]|\b(by|without|on|ignoring)\s*\([^)]*\)|"[^"]*"/g, '')
    .match(/\b[a-z_][a-z0-9_]*\b(?!\s*\()/gi)
    ?.filter((word) => !['or', 'and', 'unless', 'bool'].includes(word)) ?? [];

/** What is wrong with a panel, by the rules for dashboards. */
function faultsOf(panel: Panel): string[] {
  const expressions = panel.targets.map(({ expr }) => expr);
  const prometheus = JSON.stringify({ type: 'prometheus', uid: 'prometheus' });
  const rules: Record<string, boolean> = {
    'has a type that Grafana draws by itself': ['timeseries', 'stat'].includes(panel.type),
    'has a title and a description': Boolean(panel.title && panel.description),
    'has a unit': Boolean(panel.fieldConfig.defaults.unit),
    'asks the source with the fixed uid': [panel, ...panel.targets].every(
      ({ datasource }) => JSON.stringify(datasource) === prometheus,
    ),
    'has a legend for every query': panel.targets.every(({ legendFormat }) => Boolean(legendFormat)),
    'takes rates over the interval of the panel': !expressions.some((each) =>
      [...each.matchAll(/\brate\(([^)]*)\)/g)].some(([, inside]) => !inside?.endsWith('[$__rate_interval]')),
    ),
    'aggregates its counters': !expressions.some((each) => /^(rate|increase)\(/.test(each)),
    'takes counters only as rates or increases': !expressions.some((each) =>
      /_(total|bucket)\b(?!(\{[^}]*\})?\[)/.test(each),
    ),
  };
  return Object.keys(rules).filter((rule) => !rules[rule]);
}

const overlap = (one: Place, other: Place) =>
  one.x < other.x + other.w && other.x < one.x + one.w && one.y < other.y + other.h && other.y < one.y + one.h;

test('the overview has the name and, first, the four panels of the manual', () => {
  const [overview] = dashboards as [Dashboard];
  expect(overview.title).toBe('Stock Analysis System Overview');
  expect(
    panelsOf(overview)
      .slice(0, 4)
      .map(({ title, type }) => [title, type]),
  ).toEqual([
    ['Request Rate', 'timeseries'],
    ['Response Time', 'timeseries'],
    ['Error Rate', 'stat'],
    ['Database Connections', 'timeseries'],
  ]);
});

test.each(titled)('%s keeps the rules for dashboards', (_, each) => {
  for (const panel of panelsOf(each)) expect([panel.title, ...faultsOf(panel)]).toEqual([panel.title]);
  expect(jsonOf(each)).toMatchObject({ uid: each.uid, title: each.title, editable: false });
});

test.each(titled)('%s asks only for metrics that exist', (_, each) => {
  const named = panelsOf(each).flatMap(({ targets }) => targets.flatMap(({ expr }) => metricsIn(expr)));
  const exposed = exposedNames();
  expect(named.length).toBeGreaterThan(5);
  expect(named.filter((name) => !exposed.has(name))).toEqual([]);
});

test.each(titled)('no two panels of %s lie over each other, and none leaves the page', (_, each) => {
  const places = panelsOf(each).map(({ gridPos }) => gridPos);
  for (const [index, place] of places.entries()) {
    expect(place.x + place.w).toBeLessThanOrEqual(24);
    expect(places.slice(index + 1).filter((other) => overlap(place, other))).toEqual([]);
  }
});

test('each has a uid of its own, the name of its environment, and no variable that nothing asks by', () => {
  expect(new Set(dashboards.map(({ uid }) => uid)).size).toBe(dashboards.length);
  for (const each of dashboards) {
    expect(jsonOf(each)).toMatchObject({ tags: ['stock-analysis', 'dev'] });
    expect(jsonOf(each).templating ?? {}).toEqual({});
  }
});

test.each(titled)('%s leads to pages of alerts that there are', (_, each) => {
  const links = panelsOf(each).flatMap(({ links = [] }) => links);
  expect(links.length).toBeGreaterThan(0);
  for (const { title, url } of links) {
    expect(url).toBe(`${repository}/docs/runbooks/${title}.md`);
    expect([title, existsSync(join(__dirname, '../../../docs/runbooks', `${title}.md`))]).toEqual([title, true]);
  }
});

test('where logs are kept, each leads to their search', () => {
  for (const { json } of dashboards) {
    expect(json({ repository }).links ?? []).toEqual([]);
    expect(json({ repository, logs: 'https://x.example/kibana/' }).links).toMatchObject([
      { title: 'Logs', url: 'https://x.example/kibana/' },
    ]);
  }
});

test('the same is the same to the byte', () => {
  const bytes = (environment: string) => JSON.stringify(made(environment).map(jsonOf));
  expect(bytes('dev')).toBe(bytes('dev'));
  expect(bytes('staging')).not.toBe(bytes('dev'));
});

describe('a panel that breaks a rule is found', () => {
  const right: PanelProps = {
    title: 'Requests',
    description: 'A second.',
    unit: 'reqps',
    queries: [{ expression: 'sum(rate(http_requests_total[$__rate_interval]))', legend: 'all' }],
  };
  const faultsWith = (changed: Partial<PanelProps>) => {
    const made = dashboard({
      uid: 'x',
      title: 'X',
      description: 'x',
      environment: 'dev',
      panels: [overTime({ ...right, ...changed })],
    });
    return panelsOf(made).flatMap(faultsOf);
  };
  const asking = (expression: string): Partial<PanelProps> => ({ queries: [{ expression, legend: 'all' }] });

  test.each<[string, Partial<PanelProps>, string[]]>([
    ['none', {}, []],
    ['no description', { description: '' }, ['has a title and a description']],
    ['no legend', { queries: [{ expression: 'sum(up)', legend: '' }] }, ['has a legend for every query']],
    [
      'a range of its own',
      asking('sum(rate(http_requests_total[5m]))'),
      ['takes rates over the interval of the panel'],
    ],
    ['a counter of each process', asking('rate(http_requests_total[$__rate_interval])'), ['aggregates its counters']],
    ['a bare counter', asking('sum(http_requests_total)'), ['takes counters only as rates or increases']],
  ])('%s', (_, changed, faults) => expect(faultsWith(changed)).toEqual(faults));

  test('a metric that nothing exposes', () => {
    const names = metricsIn('sum by (state) (rate(nope_total{status=~"5.."}[5m])) or vector(0) / max(up)');
    expect(names).toEqual(['nope_total', 'up']);
    expect(exposedNames()).not.toContain('nope_total');
  });
});
