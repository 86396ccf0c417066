import type { EnvironmentConfig } from '../../config/environment';
import { defineEnvironment } from '../../config/environment';
import { environmentByName, environmentNames } from '../../config/environments';
import dev from '../../config/environments/dev';
import { minReplicas } from '../../config/fields';
import { textsOf } from '../../constructs/workload/files';
import { filesDirectory, Workload } from '../../constructs/workload/workload';
import { addSystem, type System } from '../../stacks/system';
import { changed } from '../config/changed';
import { environmentSystem, stacksOf, synthesized } from '../synthesized';

const everywhere = environmentNames.map((name) => [name] as const);
const workloadsOf = ({ environment }: Pick<System, 'environment'>) => environment.all(Workload);
const named = (system: Pick<System, 'environment'>, component: string) =>
  workloadsOf(system).find((workload) => workload.component === component) as Workload;
const fileOf = (workload: Workload, path: string): string => textsOf(workload.files)[path] ?? '';
const systemWith = (values: Record<string, unknown>): System => {
  let system: System | undefined;
  synthesized((app) => {
    system = addSystem(app, defineEnvironment(changed(dev, values)));
  });
  return system as System;
};

test.each(everywhere)('in %s, Grafana shows each dashboard that a component recorded', (name) => {
  const { environment } = environmentSystem(name);
  const recorded = environment.observations.all.flatMap(({ dashboards = [] }) => dashboards);
  const shown = Object.keys(named({ environment }, 'grafana').files).filter((path) => path.startsWith('dashboards/'));
  expect(shown.length).toBeGreaterThan(6);
  expect(shown).toEqual(recorded.map(({ uid }) => `dashboards/${uid}.json`).sort());
});

test.each(everywhere)('in %s, people reach web interfaces through the gateway unless it is production', (name) => {
  const config = fileOf(named(environmentSystem(name), 'gateway'), 'nginx.conf');
  const paths = [...config.matchAll(/location (\/(?:prometheus|alertmanager|grafana)\/)/g)].map(([, path]) => path);
  expect(paths).toEqual(name === 'production' ? [] : ['/prometheus/', '/alertmanager/', '/grafana/']);
});

test('Prometheus reads itself and Alertmanager, and tells it of alerts, below their paths', () => {
  const config = JSON.parse(fileOf(named(environmentSystem('dev'), 'prometheus'), 'prometheus/prometheus.yml'));
  const paths = config.scrape_configs.map((job: { job_name: string; metrics_path: string }) => [
    job.job_name,
    job.metrics_path,
  ]);
  expect(paths).toEqual(
    expect.arrayContaining([
      ['prometheus/prometheus', '/prometheus/metrics'],
      ['alertmanager/alertmanager', '/alertmanager/metrics'],
    ]),
  );
  expect(config.alerting.alertmanagers).toEqual([
    {
      path_prefix: '/alertmanager/',
      static_configs: [{ targets: ['stock-analysis-alertmanager:9093'] }],
    },
  ]);
});

test('links in messages lead to where people are, with and without the gateway', () => {
  const urls = (name: string) =>
    ['prometheus', 'alertmanager'].map((component) =>
      named(environmentSystem(name), component).props.command?.find((word) => word.startsWith('--web.external-url=')),
    );
  expect(urls('staging')).toEqual([
    '--web.external-url=https://staging.stockanalysis.com/prometheus/',
    '--web.external-url=https://staging.stockanalysis.com/alertmanager/',
  ]);
  expect(urls('production')).toEqual([
    '--web.external-url=http://localhost:9090/prometheus/',
    '--web.external-url=http://localhost:9093/alertmanager/',
  ]);
});

test('without Grafana the others are watched, shown and told of as before', () => {
  const system = systemWith({ name: 'without-grafana', 'observability.grafana': undefined });
  expect(named(system, 'grafana')).toBeUndefined();
  expect(fileOf(named(system, 'gateway'), 'nginx.conf')).toContain('location /prometheus/');
});

describe('the kubelets of the nodes', () => {
  const clusters = environmentNames.filter((name) => environmentByName(name).target === 'kubernetes');
  const kubeletJobs = (system: Pick<System, 'environment'>): Job[] =>
    JSON.parse(fileOf(named(system, 'prometheus'), 'prometheus/prometheus.yml')).scrape_configs.filter(
      ({ job_name }: Job) => job_name.endsWith('/kubelet'),
    );
  const metricsIn = (text: string) => new Set(text.match(/\b(kubelet_volume_stats|container_cpu_cfs)_\w+/g));

  test.each(clusters)(
    'in %s, Prometheus has the get of their metrics, and nobody a right of the whole cluster else',
    (name) => {
      const stacks = stacksOf(name);
      const roles = stacks.flatMap((stack) =>
        Object.values(stack.resources<ClusterRole>('kubernetes_cluster_role_v1')),
      );
      expect(roles.map(({ rule }) => rule)).toEqual([
        [{ api_groups: [''], resources: ['nodes/metrics'], verbs: ['get'] }],
      ]);
      const bindings = stacks.flatMap((stack) =>
        Object.values(stack.resources<ClusterRoleBinding>('kubernetes_cluster_role_binding_v1')),
      );
      const { namespace } = environmentByName(name);
      expect(bindings.map(({ subject }) => subject)).toEqual([
        [{ kind: 'ServiceAccount', name: 'stock-analysis-prometheus', namespace }],
      ]);
    },
  );

  test.each(clusters)('in %s, exactly the metrics that are asked for are kept, of its own namespaces', (name) => {
    const system = environmentSystem(name);
    const jobs = kubeletJobs(system);
    expect(jobs.map(({ job_name, metrics_path }) => [job_name, metrics_path])).toEqual([
      ['kubelet/kubelet', '/metrics'],
      ['cadvisor/kubelet', '/metrics/cadvisor'],
    ]);
    const keptOf = (label: string) =>
      jobs.map(
        ({ metric_relabel_configs }) =>
          metric_relabel_configs.find(({ source_labels }) => source_labels[0] === label)?.regex,
      );
    const rules = fileOf(named(system, 'prometheus'), 'prometheus/alert_rules.yml');
    expect(metricsIn(keptOf('__name__').join('|'))).toEqual(metricsIn(rules));
    const { namespace } = environmentByName(name);
    expect(keptOf('namespace')).toEqual([`${namespace}|${namespace}-agents`, `${namespace}|${namespace}-agents`]);
    expect(keptOf('container')).toEqual([undefined, '.+']);
  });

  test('a claim whose component tells of its space is told of by nobody else, its inodes are', () => {
    const rules = JSON.parse(fileOf(named(environmentSystem('staging'), 'prometheus'), 'prometheus/alert_rules.yml'));
    const expressionOf = (alert: string): string =>
      rules.groups
        .flatMap(({ rules: all }: { rules: unknown[] }) => all)
        .find((rule: { alert?: string }) => rule.alert === alert).expr;
    const others = 'stock-analysis-backup-data|stock-analysis-elasticsearch-data|stock-analysis-postgres-data';
    const selected = /\{[^}]*\}/g;
    for (const alert of ['ClaimFull', 'ClaimFills']) {
      expect(new Set(expressionOf(alert).match(selected))).toEqual(new Set([`{persistentvolumeclaim!~"${others}"}`]));
    }
    for (const alert of ['ClaimInodesGone', 'ClaimInodesFill']) expect(expressionOf(alert)).not.toMatch(selected);
  });

  test('where they are left out there is no right of the whole cluster, no way to them, no alert and no panel', () => {
    const values = { 'observability.kubelets': undefined };
    const config = defineEnvironment(changed(dev, values));
    const stacks = [...synthesized((app) => addSystem(app, config)).values()];
    expect(stacks.flatMap(({ addresses }) => addresses.filter((address) => /cluster_role/.test(address)))).toEqual([]);
    const system = systemWith(values);
    expect(kubeletJobs(system)).toEqual([]);
    expect(system.environment.connections.describe().filter((edge) => edge.includes('kubelet'))).toEqual([]);
    const seen = ['prometheus/alert_rules.yml', 'dashboards/stock-cluster.json'].map((path) =>
      fileOf(named(system, path.startsWith('prometheus') ? 'prometheus' : 'grafana'), path),
    );
    expect(seen.map((text) => [...metricsIn(text)])).toEqual([[], []]);
  });

  test('the CAs of a file are beside its configuration, and what it checks with', () => {
    const system = systemWith({ 'observability.kubelets': { signedBy: 'others', caFile: '__tests__/config/ca.pem' } });
    const path = 'certificates/kubelet-ca.pem';
    expect(fileOf(named(system, 'prometheus'), path)).toContain('BEGIN CERTIFICATE');
    expect(kubeletJobs(system).map(({ tls_config }) => tls_config)).toEqual(
      Array.from({ length: 2 }, () => ({ ca_file: `${filesDirectory}/${path}` })),
    );
  });
});

interface Job {
  readonly job_name: string;
  readonly metrics_path: string;
  readonly tls_config: object;
  readonly metric_relabel_configs: ReadonlyArray<{ readonly source_labels: readonly string[]; readonly regex: string }>;
}
interface ClusterRole {
  readonly rule: ReadonlyArray<{ api_groups: string[]; resources: string[]; verbs: string[] }>;
}
interface ClusterRoleBinding {
  readonly subject: readonly object[];
}

const memoryOf = ({ props, companion }: Workload): number => {
  const replicas = props.kind === 'service' ? minReplicas(props.scale) : 1;
  return replicas * (props.memoryMiB + (companion?.memoryMiB ?? 0));
};

test.each(['dev', 'local'])(
  'without logging, what %s is configured with fits a machine of 4 GiB, its exporters too',
  (name) => {
    const config: EnvironmentConfig = environmentByName(name);
    expect(config.logging).toBeUndefined();
    const configured = [...Object.keys(config), ...Object.keys(config.observability ?? {})];
    const total = workloadsOf(environmentSystem(name))
      .filter(({ component, props }) => configured.includes(component) || props.purpose === 'exporter')
      .reduce((sum, workload) => sum + memoryOf(workload), 0);
    expect(total).toBeGreaterThan(2048);
    expect(total).toBeLessThanOrEqual(4096);
  },
);
