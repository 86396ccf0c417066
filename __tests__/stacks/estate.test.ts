import { defineEnvironment, type EnvironmentConfig } from '../../config/environment';
import dev from '../../config/environments/dev';
import local from '../../config/environments/local';
import { boundaryOf, Workload } from '../../constructs/workload/workload';
import { withSystem } from '../../stacks/system';
import { changed } from '../config/changed';
import {
  type Claim,
  chartObjects,
  clusterWideTypes,
  containerOf,
  type Metadata,
  type NetworkPolicy,
  podsOf,
} from '../kubernetes-objects';
import { hardeningViolations, restrictedViolations } from '../pod-security';
import { type SynthesizedSystem, synthesizedSystems } from '../synthesized';

/** An environment that was never reviewed: nothing is compared with plans. */
const estate = (values: Readonly<Record<string, unknown>>, base: EnvironmentConfig = dev) =>
  defineEnvironment(changed(base, { name: 'estate', ...values }));
const system = (values: Readonly<Record<string, unknown>>, base = dev) =>
  synthesizedSystems([estate(values, base)])[0] as SynthesizedSystem;
const stacksOf = ({ stacks, stack }: SynthesizedSystem) => stacks.map(({ unit }) => stack(unit));

describe('labels and annotations of an estate', () => {
  const labels = { 'example.com/team': 'quant' };
  const annotations = { 'example.com/contact': 'quant@example.com' };
  const stacks = stacksOf(
    system({ cluster: { labels, annotations, ignoredLabels: ['^cattle\\.io/'], ignoredAnnotations: ['^field\\.'] } }),
  );

  test('are on every object that has metadata, and on every pod', () => {
    const objects = stacks.flatMap((stack) => [
      ...Object.entries(stack.json.resource ?? {})
        .filter(([type]) => type.startsWith('kubernetes_'))
        .flatMap(([, named]) => Object.values(named) as unknown as Array<{ metadata: Metadata }>),
      ...chartObjects(stack),
      ...podsOf(stack).map(({ template }) => template),
    ]);
    expect(objects.length).toBeGreaterThan(100);
    for (const { metadata } of objects) expect(metadata).toMatchObject({ labels, annotations });
  });

  test.each([
    ['kubernetes_service_v1', 'gateway-public', { type: 'loadBalancer' }],
    [
      'kubernetes_ingress_v1',
      'gateway',
      { type: 'ingress', tls: { by: 'controller' }, controller: { namespace: 'ingress', labels: { app: 'nginx' } } },
    ],
  ])('are on what outsiders come by: %s', (type, name, exposure) => {
    const { stack } = system({ cluster: { labels, annotations }, exposure, 'gateway.trustedProxies': ['10.0.0.0/8'] });
    const { metadata } = stack('application').resource<{ metadata: Metadata }>(type, name);
    expect(metadata).toMatchObject({ labels, annotations });
  });

  test('select nothing: another label would be another controller', () => {
    const text = stacks.map((stack) => stack.text).join('');
    expect(text).toContain('"match_labels"');
    expect(/"match_labels": {[^}]*example\.com/.test(text)).toBe(false);
  });

  test('of others are not looked at, in any stack', () => {
    for (const { json } of stacks) {
      expect(json.provider?.kubernetes).toEqual([
        expect.objectContaining({ ignore_labels: ['^cattle\\.io/'], ignore_annotations: ['^field\\.'] }),
      ]);
    }
  });
});

describe('placement', () => {
  const placed = system({
    cluster: {
      placement: {
        nodeSelector: { pool: 'apps' },
        tolerations: [{ key: 'dedicated', value: 'apps', effect: 'NoExecute', seconds: 60 }, { key: 'spot' }],
        priorityClass: 'business',
        runtimeClass: 'gvisor',
        components: { postgres: { nodeSelector: { pool: 'data' }, priorityClass: 'data' } },
      },
    },
  });
  const pods = stacksOf(placed).flatMap(podsOf);

  test('is the same for all but agents and what has its own', () => {
    const ofAll = {
      node_selector: { pool: 'apps' },
      toleration: [
        { key: 'dedicated', operator: 'Equal', value: 'apps', effect: 'NoExecute', toleration_seconds: '60' },
        { key: 'spot', operator: 'Exists' },
      ],
      priority_class_name: 'business',
      runtime_class_name: 'gvisor',
    };
    const agents = placed.environment.all(Workload).filter(({ props }) => boundaryOf(props.kind) === 'agents');
    const others = ['postgres', ...agents.map(({ component }) => component)];
    expect(agents.length).toBeGreaterThan(0);
    for (const { component, template } of pods) {
      if (!others.includes(component)) expect(template.spec).toMatchObject(ofAll);
    }
    expect(pods.find(({ component }) => component === 'postgres')?.template.spec).toMatchObject({
      ...ofAll,
      node_selector: { pool: 'data' },
      priority_class_name: 'data',
    });
  });

  test('of agents is every node, whatever it runs containers by', () => {
    const spec = pods.find(({ component }) => component === 'node-exporter')?.template.spec;
    expect(spec).toMatchObject({ toleration: [{ operator: 'Exists' }], priority_class_name: 'business' });
    expect(spec).not.toHaveProperty('node_selector');
    expect(spec).not.toHaveProperty('runtime_class_name');
  });
});

describe('storage', () => {
  test('has the class of its estate, or its own, and a claim that exists is used and not made', () => {
    const { stack } = system({
      cluster: {
        storage: { class: 'ssd', classes: { 'backup-data': 'cold' }, existingClaims: { 'postgres-data': 'restored' } },
      },
    });
    const claims = (unit: string) =>
      stack(unit).resources<Claim & { spec: { storage_class_name?: string } }>('kubernetes_persistent_volume_claim_v1');
    expect(Object.keys(claims('data'))).toEqual(['queue-data']);
    expect(claims('data')['queue-data']?.spec.storage_class_name).toBe('ssd');
    expect(claims('backup')['backup-data']?.spec.storage_class_name).toBe('cold');
    const postgres = podsOf(stack('data')).find(({ component }) => component === 'postgres');
    expect(postgres?.template.spec.volume).toContainEqual({
      name: 'data',
      persistent_volume_claim: { claim_name: 'restored' },
    });
  });
});

test('a component or a volume that is not there is refused, with those that are', () => {
  const cluster = {
    placement: { components: { postgress: { priorityClass: 'data' }, constructor: {} } },
    storage: { classes: { postgres: 'ssd' }, existingClaims: { toString: 'old' } },
  };
  const refused = () => withSystem(estate({ cluster }), () => {});
  expect(refused).toThrow(
    /cluster\.placement\.components\.postgress: unknown name, allowed: alertmanager, api, .*postgres, /,
  );
  expect(refused).toThrow(/cluster\.placement\.components\.constructor: unknown name/);
  expect(refused).toThrow(/cluster\.storage\.classes\.postgres: unknown name, allowed: .*postgres-data/);
  expect(refused).toThrow(/cluster\.storage\.existingClaims\.toString: unknown name/);
});

describe('a registry that asks who pulls', () => {
  const registryLogin = { registry: 'registry.example.com', username: 'robot$ci', passwordRevision: 2 };

  test('has a Secret in each namespace, written and kept nowhere else, that every pod names', () => {
    const login = system({ 'images.registryLogin': registryLogin });
    const platform = login.stack('platform');
    const secrets = platform.resources<{ metadata: Metadata; type: string; data_wo_revision: number }>(
      'kubernetes_secret_v1',
    );
    expect(Object.values(secrets).map(({ metadata }) => `${metadata.namespace}/${metadata.name}`)).toEqual(
      ['stock-analysis-agents/stock-analysis-registry', 'stock-analysis/stock-analysis-registry'].sort(),
    );
    for (const secret of Object.values(secrets)) {
      expect(secret).toMatchObject({ type: 'kubernetes.io/dockerconfigjson', data_wo_revision: 2 });
      expect(secret.depends_on).toEqual([
        expect.stringMatching(/^kubernetes_namespace_v1\./),
        expect.stringMatching(/^terraform_data\.given-/),
      ]);
    }
    expect(platform.json.variable?.registry_password).toMatchObject({ ephemeral: true, sensitive: true });
    for (const { template } of stacksOf(login).flatMap(podsOf)) {
      expect(template.spec.image_pull_secrets).toEqual([{ name: 'stock-analysis-registry' }]);
    }
  });

  test('is told by the engine’s provider on Docker, its password in no file', () => {
    for (const { json } of stacksOf(
      system({ 'images.registryLogin': registryLogin, 'gateway.localPort': 18_080 }, local),
    )) {
      expect(json.provider?.docker).toEqual([
        {
          registry_auth: [
            {
              address: 'registry.example.com',
              username: 'robot$ci',
              password: expect.stringMatching(/^\$\{var\.registry_password\}$/),
            },
          ],
        },
      ]);
      expect(json.variable?.registry_password).not.toHaveProperty('default');
    }
  });
});

describe('a namespace of others that assigns users to pods', () => {
  const restricted = system({
    backup: undefined,
    'observability.kubelets': undefined,
    postgres: { topology: 'existing', host: 'db.example.com', port: 5432, database: 'stock' },
    cluster: { existingNamespace: true, nodeAgents: false, podUsers: 'assigned' },
  });
  const stacks = stacksOf(restricted);
  const pods = stacks.flatMap(podsOf);

  test('gets nothing that takes a right of the whole cluster, nor a limit of ours', () => {
    const types = new Set(stacks.flatMap(({ addresses }) => addresses.map((address) => address.split('.')[0])));
    for (const type of clusterWideTypes) expect([...types]).not.toContain(type);
    expect([...types]).toContain('kubernetes_role_v1');
  });

  test('keeps the pods of others as they are: what is denied is denied to ours', () => {
    const { spec } = restricted
      .stack('platform')
      .resource<NetworkPolicy>('kubernetes_network_policy_v1', 'default-deny');
    expect(spec).toEqual({
      pod_selector: { match_labels: { 'app.kubernetes.io/part-of': 'stock-analysis' } },
      policy_types: ['Ingress', 'Egress'],
    });
    for (const { template } of pods)
      expect(template.metadata.labels).toMatchObject(spec.pod_selector.match_labels ?? {});
  });

  test('chooses who each pod runs as; all else is as restricted as ever', () => {
    expect(pods.map(({ component }) => component)).toEqual(
      expect.arrayContaining(['api', 'queue', 'prometheus', 'gateway']),
    );
    for (const { template } of pods) {
      const { spec } = template;
      for (const context of [spec, ...spec.container, ...(spec.init_container ?? [])].map(
        (each) => each.security_context,
      )) {
        for (const key of ['run_as_user', 'run_as_group', 'fs_group']) expect(context).not.toHaveProperty(key);
      }
      expect(restrictedViolations(spec)).toEqual([]);
      expect(hardeningViolations(spec).filter((line) => !line.startsWith('token'))).toEqual([]);
    }
  });
});

describe('names and networks', () => {
  const egressOf = ({ stack }: SynthesizedSystem, component: string) =>
    stack('application').resource<NetworkPolicy>('kubernetes_network_policy_v1', component).spec.egress ?? [];
  const ports = (port: string) => ['UDP', 'TCP'].map((protocol) => ({ port, protocol }));

  test('are asked of the pods, at the port and at the addresses that the cluster has', () => {
    const openShift = { namespace: 'openshift-dns', labels: { 'dns.operator.openshift.io/daemonset-dns': 'default' } };
    const dns = { pods: openShift, port: 5353, addresses: ['169.254.20.10', 'fd00::a'] };
    expect(egressOf(system({ cluster: { dns } }), 'api').slice(-2)).toEqual([
      {
        to: [
          {
            namespace_selector: { match_labels: { 'kubernetes.io/metadata.name': 'openshift-dns' } },
            pod_selector: { match_labels: openShift.labels },
          },
        ],
        ports: ports('5353'),
      },
      { to: [{ ip_block: { cidr: '169.254.20.10/32' } }, { ip_block: { cidr: 'fd00::a/128' } }], ports: ports('53') },
    ]);
  });

  test('outside are those that are said, without the metadata of a cloud', () => {
    const egress = { outside: ['100.64.0.0/10', '203.0.113.0/24'], clusterApi: ['10.96.0.1/32'] };
    const values = { cluster: { egress }, 'sources.priority': 'tushare', proxy: undefined };
    const limited = system(values);
    expect(egressOf(limited, 'worker')).toContainEqual({
      to: [
        { ip_block: { cidr: '100.64.0.0/10', except: ['100.100.100.200/32'] } },
        { ip_block: { cidr: '203.0.113.0/24' } },
      ],
      ports: [{ port: '80', protocol: 'TCP' }],
    });
    const text = JSON.stringify(limited.stack('observability').resources('kubernetes_network_policy_v1'));
    expect(text).toContain('"10.96.0.1/32"');
    expect(text).not.toContain('"0.0.0.0/0"');
  });
});

describe('a proxy', () => {
  const proxy = {
    http: 'http://proxy.example.com:3128',
    https: 'http://proxy.example.com:3128',
    exceptions: ['.corp'],
  };
  const proxied = system({ proxy, 'sources.priority': 'tushare' });
  const variablesOf = (unit: string, component: string) =>
    Object.fromEntries(containerOf(proxied.stack(unit), component).env.map(({ name, value }) => [name, value]));

  test('is told to who has something to do outside, and nobody else', () => {
    const told = stacksOf(proxied)
      .flatMap(podsOf)
      .filter(({ template }) => JSON.stringify(template).includes('"HTTPS_PROXY"'));
    expect(told.map(({ component }) => component)).toEqual(['worker']);
    expect(variablesOf('application', 'worker')).toMatchObject({
      HTTP_PROXY: proxy.http,
      HTTPS_PROXY: proxy.https,
      NODE_USE_ENV_PROXY: '1',
    });
  });

  test('is not asked for what is in the cluster', () => {
    const exceptions = variablesOf('application', 'worker').NO_PROXY?.split(',');
    expect(exceptions).toEqual(
      expect.arrayContaining([
        'localhost',
        '.svc',
        '.cluster.local',
        'stock-analysis-postgres',
        'stock-analysis-queue',
        '.corp',
      ]),
    );
  });

  test('may be reached', () => {
    expect(proxied.environment.connections.describe()).toContain('worker -> outside proxy.example.com:3128');
  });

  test('is not asked for the cluster’s API by who asks that too', () => {
    const remoteWrite = { url: 'https://metrics.example.com/push' };
    const { stack } = system({ proxy, 'observability.prometheus.remoteWrite': remoteWrite });
    const { env } = containerOf(stack('observability'), 'prometheus');
    expect(env.find(({ name }) => name === 'NO_PROXY')?.value).toContain('$(KUBERNETES_SERVICE_HOST)');
  });

  test('is in the configuration of those who look for it there', () => {
    const notifications = { heartbeat: { origin: 'https://hc-ping.com' } };
    const remoteWrite = { url: 'https://metrics.example.com/push' };
    const textOf = (values: Readonly<Record<string, unknown>>) =>
      system({
        'observability.notifications': notifications,
        'observability.prometheus.remoteWrite': remoteWrite,
        ...values,
      })
        .stack('observability')
        .text.match(/proxy_from_environment/g);
    expect(textOf({ proxy })).toHaveLength(2);
    expect(textOf({})).toBeNull();
  });
});
