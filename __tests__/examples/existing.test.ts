import type { EnvironmentConfig } from '../../config/environment';
import { textsOf } from '../../constructs/workload/files';
import { Workload } from '../../constructs/workload/workload';
import {
  environmentsBesideOthers,
  loggingElsewhere,
  sending,
  sendingFromDocker,
  watchedByAnnotations,
  watchedByOperator,
} from '../../examples/existing/environments';
import { dockerContainer } from '../docker-objects';
import { type NetworkPolicy, podsOf } from '../kubernetes-objects';
import { type SynthesizedStack, type SynthesizedSystem, synthesizedSystems } from '../synthesized';

const systems = new Map(
  environmentsBesideOthers.map((config) => [config.name, synthesizedSystems([config])[0] as SynthesizedSystem]),
);
const systemOf = ({ name }: EnvironmentConfig) => systems.get(name) as SynthesizedSystem;
const stacksOf = (config: EnvironmentConfig): SynthesizedStack[] =>
  systemOf(config).stacks.map(({ unit }) => systemOf(config).stack(unit));
const componentsOf = (config: EnvironmentConfig): string[] =>
  systemOf(config)
    .environment.all(Workload)
    .map(({ component }) => component);
const workload = (config: EnvironmentConfig, component: string) =>
  systemOf(config)
    .environment.all(Workload)
    .find((each) => each.component === component) as Workload;
const textOf = (config: EnvironmentConfig, component: string, path: string): string =>
  textsOf(workload(config, component).files)[path] ?? '';
const policy = (config: EnvironmentConfig, component: string) =>
  stacksOf(config)
    .map((stack) => stack.resources<NetworkPolicy>('kubernetes_network_policy_v1')[component])
    .find((found) => found !== undefined) as NetworkPolicy;
const variablesOf = (config: EnvironmentConfig): string[] =>
  stacksOf(config)
    .flatMap(({ json }) => Object.keys(json.variable ?? {}))
    .filter((name) => !name.startsWith('worker_'))
    .sort();
/** Ports that a component may leave by to hosts outside. */
const portsOutside = (config: EnvironmentConfig, component: string): string[] => {
  const rules = policy(config, component).spec.egress ?? [];
  const outside = rules.filter(({ to }) => JSON.stringify(to).includes('0.0.0.0/0'));
  return outside.flatMap(({ ports = [] }) => ports.map(({ port }) => port ?? 'all')).sort();
};
const files = '/etc/stock-analysis';

describe('an Alertmanager that somebody else runs', () => {
  test('takes the place of ours, whose pages, volume and secrets are not there either', () => {
    expect(componentsOf(sending)).not.toContain('alertmanager');
    const addresses = stacksOf(sending).flatMap((stack) => stack.addresses.filter((name) => name.includes('alertman')));
    expect(addresses).toEqual(['kubernetes_secret_v1.alertmanager-password']);
    expect(textOf(sending, 'gateway', 'nginx.conf')).not.toContain('/alertmanager/');
  });

  test.each([sending, sendingFromDocker])(
    '$name: each instance is sent every alert, by TLS and with the login',
    (config) => {
      const { alerting } = JSON.parse(textOf(config, 'prometheus', 'prometheus/prometheus.yml'));
      expect(alerting.alertmanagers).toEqual(
        ['alerts-1.example.com:9093', 'alerts-2.example.com:9093'].map((target) => ({
          scheme: 'https',
          path_prefix: '/alertmanager/',
          basic_auth: { username: 'stock-analysis', password_file: `${files}/alertmanager-password` },
          tls_config: { ca_file: `${files}/certificates/alertmanager-ca.pem` },
          static_configs: [{ targets: [target] }],
        })),
      );
      expect(Object.keys(workload(config, 'prometheus').files)).toEqual(
        expect.arrayContaining(['alertmanager-password', 'certificates/alertmanager-ca.pem']),
      );
    },
  );
});

describe('a store of metrics that somebody else runs', () => {
  test('is sent all samples with the token, and no more waits for it than was said', () => {
    const { remote_write } = JSON.parse(textOf(sending, 'prometheus', 'prometheus/prometheus.yml'));
    expect(remote_write).toEqual([
      {
        url: 'https://metrics.example.com/api/v1/push',
        authorization: { type: 'Bearer', credentials_file: `${files}/remote-write-token` },
        tls_config: { ca_file: `${files}/certificates/remote-write-ca.pem` },
        queue_config: { max_shards: 5, capacity: 10_000, max_samples_per_send: 2000 },
      },
    ]);
  });

  test('and those who are told of alerts are all that Prometheus may leave the cluster for, beside the API of the cluster', () => {
    expect([...new Set(portsOutside(sending, 'prometheus'))]).toEqual(['443', '6443', '9093']);
    expect(portsOutside(sending, 'grafana')).toEqual([]);
  });

  test('and its login is given', () => {
    expect(variablesOf(sending)).toEqual(['alertmanager_password', 'remote_write_token']);
  });

  test('is reached from Docker by the one container that sends', () => {
    const stack = systemOf(sendingFromDocker).stack('observability');
    const leaving = ['prometheus', 'grafana', 'node-exporter', 'postgres-exporter'].filter((component) =>
      dockerContainer(stack, component).networks_advanced?.some(({ name }) => name === 'stock-analysis-departure'),
    );
    expect(leaving).toEqual(['prometheus']);
  });
});

const watched = [watchedByOperator, watchedByAnnotations];

describe('a Prometheus that somebody else runs', () => {
  test.each(watched)('$name: ours is left out with all that asks it', (config) => {
    expect(componentsOf(config)).toEqual(expect.not.arrayContaining(['prometheus']));
    for (const absent of ['prometheus', 'alertmanager', 'grafana']) expect(componentsOf(config)).not.toContain(absent);
    expect(componentsOf(config)).toEqual(
      expect.arrayContaining(['node-exporter', 'blackbox-exporter', 'kube-state-metrics', 'postgres-exporter']),
    );
    expect(textOf(config, 'gateway', 'nginx.conf')).not.toMatch(/location \/(prometheus|grafana|alertmanager)\//);
  });

  test.each(watched)('$name: it reaches each port of metrics and no other, and nobody else does', (config) => {
    if (config.observability?.topology !== 'existing') throw new Error('has a Prometheus of its own');
    const { namespace, labels } = config.observability.pods;
    const scrapes = systemOf(config).environment.observations.all.flatMap(({ scrapes = [] }) => scrapes);
    const metrics = new Map(scrapes.map(({ peer, port }) => [peer.component, `${peer.port(port)}`]));
    expect(metrics.size).toBeGreaterThan(8);
    const opened: string[] = [];
    for (const stack of stacksOf(config)) {
      const policies = stack.resources<NetworkPolicy>('kubernetes_network_policy_v1');
      for (const [component, { spec }] of Object.entries(policies)) {
        for (const { from, ports = [] } of spec.ingress ?? []) {
          const isOfMetrics = ports.some(({ port }) => port === metrics.get(component));
          const isTheirs = JSON.stringify(from ?? []).includes(`"kubernetes.io/metadata.name":"${namespace}"`);
          expect([component, isTheirs]).toEqual([component, isOfMetrics]);
          if (!isTheirs) continue;
          expect(from).toEqual([
            {
              namespace_selector: { match_labels: { 'kubernetes.io/metadata.name': namespace } },
              pod_selector: { match_labels: labels },
            },
          ]);
          opened.push(component);
        }
      }
    }
    expect(opened.sort()).toEqual([...metrics.keys()].sort());
  });

  test('by annotations: each pod with metrics says port and path, and what a prober is to be asked', () => {
    const annotations = Object.fromEntries(
      stacksOf(watchedByAnnotations)
        .flatMap(podsOf)
        .map(({ component, template }) => [component, (template.metadata as Annotated).annotations ?? {}]),
    );
    expect(annotations.api).toMatchObject({
      'prometheus.io/scrape': 'true',
      'prometheus.io/port': '8001',
      'prometheus.io/path': '/metrics',
    });
    expect(annotations['blackbox-exporter']).toMatchObject({
      'prometheus.io/path': '/probe',
      'prometheus.io/param_module': 'health',
    });
    expect(Object.keys(annotations.maintenance ?? {})).toEqual(['stockanalysis.com/files']);
    expect(objectsOf(watchedByAnnotations)).toEqual([]);
  });

  test('by monitors: pods carry nothing, and each job is one object that the operator selects', () => {
    for (const { template } of stacksOf(watchedByOperator).flatMap(podsOf)) {
      expect(JSON.stringify(template.metadata)).not.toContain('prometheus.io');
    }
    const monitors = objectsOf(watchedByOperator).filter(({ kind }) => kind === 'PodMonitor');
    const scrapes = systemOf(watchedByOperator).environment.observations.all.flatMap(({ scrapes = [] }) => scrapes);
    expect(monitors).toHaveLength(scrapes.length);
    expect(new Set(monitors.map(({ metadata }) => metadata.name)).size).toBe(monitors.length);
    for (const { metadata } of monitors) expect(metadata.labels).toMatchObject({ release: 'kube-prometheus-stack' });
    const probe = monitors.find(({ metadata }) => metadata.name === 'stock-analysis-gateway-blackbox-exporter');
    expect(probe?.spec).toMatchObject({
      selector: { matchLabels: { 'app.kubernetes.io/name': 'blackbox-exporter' } },
      namespaceSelector: { matchNames: ['stock-analysis'] },
      podMetricsEndpoints: [
        {
          port: 'metrics',
          path: '/probe',
          interval: '15s',
          params: { module: ['health'], target: ['http://stock-analysis-gateway:8080/health'] },
          relabelings: expect.arrayContaining([
            { targetLabel: 'job', replacement: 'blackbox-exporter' },
            { targetLabel: 'component', replacement: 'gateway' },
            { targetLabel: 'environment', replacement: 'watched' },
            { targetLabel: 'tier', replacement: 'development' },
          ]),
        },
      ],
    });
  });

  test('by monitors: its alerts are ours, about our series alone, and none is about a Prometheus of ours', () => {
    const [rules, ...others] = objectsOf(watchedByOperator).filter(({ kind }) => kind === 'PrometheusRule');
    expect(others).toEqual([]);
    const all = groupsIn(rules).flatMap((group) => group.rules);
    const declared = systemOf(watchedByOperator).environment.observations.all.flatMap(({ alerts = [] }) => alerts);
    const alerts = all.filter(({ alert }) => alert);
    expect(alerts.map(({ alert }) => alert)).toEqual(declared.map(({ name }) => name));
    expect(alerts.map(({ alert }) => alert)).toContain('TargetDown');
    expect(alerts.map(({ alert }) => alert)).not.toContain('Watchdog');
    for (const { labels } of all) expect(labels).toMatchObject({ environment: 'watched', tier: 'development' });
    expect(alerts.find(({ alert }) => alert === 'TargetDown')?.expr).toBe('up{environment="watched"} == 0');
  });
});

describe('an Elasticsearch that somebody else runs', () => {
  test('takes the place of ours; there is no superuser, and Kibana is there only where it is wanted', () => {
    expect(componentsOf(loggingElsewhere)).toEqual(expect.arrayContaining(['logstash', 'filebeat', 'log-setup']));
    for (const absent of ['elasticsearch', 'kibana']) expect(componentsOf(loggingElsewhere)).not.toContain(absent);
    expect(/superuser|"elastic"/.test(systemOf(loggingElsewhere).stack('logging').text)).toBe(false);
  });

  test('is set up by a user who makes templates and retention, and neither roles nor users', () => {
    const { props } = workload(loggingElsewhere, 'log-setup');
    expect(props.command).toEqual([
      'node',
      `${files}/set-up.mjs`,
      'https://search.example.com:9200',
      'stock_set_up',
      files,
    ]);
    const requests = JSON.parse(textOf(loggingElsewhere, 'log-setup', 'requests.json')) as Array<{ path: string }>;
    expect(requests.map(({ path }) => path.split('/')[1])).toEqual([
      '_ilm',
      '_component_template',
      '_component_template',
      '_index_template',
    ]);
    expect(JSON.stringify(requests)).toContain('"index.number_of_replicas":1');
  });

  test('is reached by TLS with the CA by all who come', () => {
    const ca = `${files}/certificates/elasticsearch-ca.pem`;
    expect(workload(loggingElsewhere, 'log-setup').environment).toMatchObject({ NODE_EXTRA_CA_CERTS: ca });
    expect(workload(loggingElsewhere, 'log-watch').environment).toMatchObject({ NODE_EXTRA_CA_CERTS: ca });
    expect(textOf(loggingElsewhere, 'logstash', 'pipeline.conf')).toContain(`ssl_certificate_authorities => ['${ca}']`);
    expect(workload(loggingElsewhere, 'elasticsearch-exporter').props.command).toEqual(
      expect.arrayContaining(['--es.uri=https://search.example.com:9200', `--es.ca=${ca}`]),
    );
    for (const component of ['log-setup', 'logstash', 'elasticsearch-exporter', 'log-watch']) {
      expect(textOf(loggingElsewhere, component, 'certificates/elasticsearch-ca.pem')).toContain('BEGIN CERTIFICATE');
      expect(portsOutside(loggingElsewhere, component)).toEqual(['9200']);
    }
    expect(portsOutside(loggingElsewhere, 'filebeat')).toEqual([]);
  });

  test('has its passwords given, of those who come and of nobody else', () => {
    expect(variablesOf(loggingElsewhere).filter((name) => name.startsWith('elasticsearch'))).toEqual([
      'elasticsearch_exporter_password',
      'elasticsearch_observer_password',
      'elasticsearch_set_up_password',
      'elasticsearch_writer_password',
    ]);
  });
});

interface Annotated {
  readonly annotations?: Readonly<Record<string, string>>;
}

interface CustomObject {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly labels: Readonly<Record<string, string>> };
  readonly spec: unknown;
}

interface Rules {
  readonly groups: ReadonlyArray<{
    readonly rules: ReadonlyArray<{ alert?: string; expr: string; labels: Readonly<Record<string, string>> }>;
  }>;
}

const groupsIn = (object: CustomObject | undefined) => (object ? (object.spec as Rules).groups : []);

/** The custom objects of the stack that watches. */
function objectsOf(config: EnvironmentConfig): CustomObject[] {
  const releases = systemOf(config).stack('observability').resources<{ values: [string] }>('helm_release');
  return releases['release.custom'] || releases.custom
    ? JSON.parse((releases['release.custom'] ?? releases.custom)?.values[0] as string).objects
    : [];
}
