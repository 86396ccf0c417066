import { environmentByName, environmentNames } from '../../config/environments';
import { Workload } from '../../constructs/workload/workload';
import { type DockerContainer, runningContainers } from '../docker-objects';
import { flowsThroughNetworks, flowsThroughPolicies } from '../flows';
import { type NetworkPolicy, podsOf } from '../kubernetes-objects';
import { environmentSystem, SynthesizedStack, stacksOf } from '../synthesized';

type Name = string;
const everywhere = environmentNames.map((name) => [name] as const);
const clusters = environmentNames.filter((name) => environmentByName(name).target === 'kubernetes');

/** The manual's picture of the architecture: who may open a connection to whom. */
const picture = [
  'api -> cache:6379',
  'api -> postgres:5432',
  'api -> queue:6379',
  'gateway -> api:8000',
  'maintenance -> postgres:5432',
  'outside -> gateway:8080',
  'scheduler -> postgres:5432',
  'scheduler -> queue:6379',
  'worker -> cache:6379',
  'worker -> postgres:5432',
  'worker -> queue:6379',
];

/** What is declared, which the plans of each environment list. */
const declared = (name: Name): string[] => environmentSystem(name).environment.connections.describe();
const isDeparture = (edge: string): boolean => edge.includes('-> outside ');
/** Between components of ours, and into them from outside. */
const flows = (name: Name): string[] => declared(name).filter((edge) => !isDeparture(edge));
/** To hosts that are not ours. */
const departures = (name: Name): string[] => declared(name).filter(isDeparture);
const endsOf = (edge: string): string[] => edge.replace(/:\d+$/, '').split(' -> ');
const components = (edges: readonly string[]): string[] =>
  [...new Set(edges.flatMap(endsOf))].filter((end) => end !== 'outside').sort();

test.each(everywhere)('in %s, the parts of the manual’s picture are connected exactly as it says', (name) => {
  const parts = [...components(picture), 'outside'];
  expect(flows(name).filter((edge) => endsOf(edge).every((end) => parts.includes(end)))).toEqual(picture);
});

test.each(everywhere)('in %s, who asks a source that is chosen may reach its host, and nobody else leaves', (name) => {
  const tushare = environmentByName(name).sources.priority.includes('tushare');
  const ofWorker = departures(name).filter((edge) => edge.startsWith('worker'));
  expect(ofWorker).toEqual(tushare ? ['worker -> outside api.tushare.pro:80'] : []);
  for (const part of components(picture).filter((each) => each !== 'worker')) {
    expect(departures(name).filter((edge) => edge.startsWith(`${part} `))).toEqual([]);
  }
});

test.each(clusters)(
  'in %s, only those who ask hosts outside may leave the cluster, and by their ports alone',
  (name) => {
    const leaving = stacksOf(name)
      .flatMap((stack) => Object.entries(stack.resources<NetworkPolicy>('kubernetes_network_policy_v1')))
      .flatMap(([component, { spec }]) =>
        (spec.egress ?? [])
          .filter(({ to }) => JSON.stringify(to).includes('ip_block'))
          .flatMap(({ ports = [] }) => ports.map(({ port }) => `${component}:${port}`)),
      );
    const asking = environmentSystem(name)
      .environment.all(Workload)
      .filter(({ props }) => props.clusterAccess)
      .flatMap(({ component }) => [`${component}:443`, `${component}:6443`]);
    const declared = departures(name).map((line) => line.replace(/^([\w-]+) .*:(\d+)$/, '$1:$2'));
    expect(new Set(leaving)).toEqual(new Set([...declared, ...asking]));
  },
);

test.each(clusters)('in %s, the policies let pass exactly the declared connections', (name) => {
  expect(flowsThroughPolicies(stacksOf(name))).toEqual(flows(name));
});

test('in local, the networks join exactly the declared connections', () => {
  const joined = flows('local').map((edge) => (edge.startsWith('outside') ? edge : edge.replace(/:\d+$/, '')));
  expect(flowsThroughNetworks(stacksOf('local'))).toEqual([...new Set(joined)]);
});

test('in local, nothing but the gateway is open to the machine, and only to the machine', () => {
  const ports = stacksOf('local')
    .flatMap(runningContainers)
    .flatMap(([component, { ports: open = [] }]) => open.map((port) => ({ component, ...port })));
  expect(ports).toEqual([{ component: 'gateway', internal: 8080, external: 8080, ip: '127.0.0.1' }]);
});

describe('a policy that is not what was declared is caught', () => {
  type Policies = Record<string, NetworkPolicy>;
  const changed = (change: (policies: Policies) => void) =>
    flowsThroughPolicies(
      stacksOf('dev').map((stack) => {
        const json = JSON.parse(stack.text);
        change(json.resource.kubernetes_network_policy_v1 ?? {});
        return new SynthesizedStack(stack.name, JSON.stringify(json));
      }),
    );
  const removed = (component: string) => (policies: Policies) => {
    delete policies[component];
  };
  const before = flows('dev');
  const lost = (after: string[]) => before.filter((edge) => !after.includes(edge));
  const gained = (after: string[]) => after.filter((edge) => !before.includes(edge));

  test.each(components(before))(
    'without that of the %s its connections are gone: the namespace denies what is not said',
    (component) => {
      const after = changed(removed(component));
      expect(lost(after)).toEqual(before.filter((edge) => endsOf(edge).includes(component)));
      expect(gained(after)).toEqual([]);
    },
  );

  test('without the default and its own, a pod is open to everything', () => {
    const after = changed((policies) => {
      delete policies['default-deny'];
      delete policies.api;
    });
    expect(gained(after)).toEqual(expect.arrayContaining(['outside -> api:8000', 'outside -> api:8001']));
  });

  test('one side of a connection is not enough', () => {
    const closed = changed(({ api }) => api?.spec.egress?.splice(0));
    expect(lost(closed)).toEqual(['api -> cache:6379', 'api -> postgres:5432', 'api -> queue:6379']);
    const shut = changed(({ postgres }) => postgres?.spec.ingress?.splice(0));
    expect(lost(shut)).toEqual(before.filter((edge) => edge.endsWith('postgres:5432')));
  });

  test('a rule without a port opens the metrics as well', () => {
    const after = changed(({ api, gateway }) => {
      delete api?.spec.ingress?.[0]?.ports;
      const toApi = gateway?.spec.egress?.find(({ ports = [] }) => ports.some(({ port }) => port === '8000'));
      delete toApi?.ports;
    });
    expect(gained(after)).toEqual(['gateway -> api:8001']);
  });

  test('a rule without a peer opens a database to the world', () => {
    const after = changed(({ postgres }) => {
      delete postgres?.spec.ingress?.[0]?.from;
    });
    expect(gained(after)).toEqual(['outside -> postgres:5432']);
  });

  test('a selector that selects nobody takes a connection away', () => {
    const after = changed(({ queue }) => {
      for (const { from = [] } of queue?.spec.ingress ?? []) {
        for (const peer of from) peer.pod_selector = { match_labels: { 'app.kubernetes.io/name': 'nobody' } };
      }
    });
    expect(lost(after)).toEqual(before.filter((edge) => edge.endsWith('queue:6379')));
  });
});

test.each(clusters)('in %s, each side of a connection alone names who and which port', (name) => {
  const vague = stacksOf(name)
    .flatMap((stack) => Object.entries(stack.resources<NetworkPolicy>('kubernetes_network_policy_v1')))
    .flatMap(([component, { spec }]) => [
      ...(spec.ingress ?? []).map(({ from, ports }) => ({ rule: `into ${component}`, peers: from, ports })),
      ...(spec.egress ?? []).map(({ to, ports }) => ({ rule: `out of ${component}`, peers: to, ports })),
    ])
    .filter(({ peers, ports }) => !peers?.length || !ports?.length || ports.some(({ port }) => !port));
  expect(vague).toEqual([{ rule: 'into gateway', peers: undefined, ports: [{ port: '8080', protocol: 'TCP' }] }]);
});

test.each(clusters)('in %s, who has a connection may look up names, and nobody else', (name) => {
  const asking = stacksOf(name)
    .flatMap((stack) => Object.entries(stack.resources<NetworkPolicy>('kubernetes_network_policy_v1')))
    .filter(([, { spec }]) => spec.egress?.some(({ ports }) => ports?.some(({ port }) => port === '53')))
    .map(([component]) => component);
  const clients = declared(name)
    .map((edge) => endsOf(edge)[0])
    .filter((end) => end !== 'outside');
  const askingCluster = environmentSystem(name)
    .environment.all(Workload)
    .filter(({ props }) => props.clusterAccess)
    .map(({ component }) => component);
  expect(asking.sort()).toEqual([...new Set([...clients, ...askingCluster])].sort());
});

describe('an address that a component knows is one it may connect to, and the other way round', () => {
  const uploadsOf = (component: string, carriers: Readonly<Record<string, DockerContainer>>) =>
    Object.entries(carriers).flatMap(([carrier, { upload = [] }]) =>
      carrier === `${component}-files` || carrier.startsWith(`${component}-files-`) ? upload : [],
    );

  /** Pods that are watched are found by asking the cluster, each by its own address; what is to be probed Prometheus tells. */
  function discovered(name: Name): string[] {
    return environmentSystem(name)
      .environment.connections.edges.filter(({ isWatch }) => isWatch)
      .filter(({ from }) => clusters.includes(name) || (from as Workload).component !== 'prometheus')
      .map(({ from, to, port }) => `${(from as Workload).component} -> ${to.component}:${to.port(port)}`);
  }

  /** `client -> server:port` for every address of ours, a companion's too, in the environment, command or files of a component. */
  function known(name: Name): string[] {
    const found = stacksOf(name).flatMap((stack) => {
      const configs = stack.resources<{ data: Record<string, string> }>('kubernetes_config_map_v1');
      const carriers = stack.resources<DockerContainer>('docker_container');
      return [
        ...podsOf(stack).map(({ component, template: { spec } }): [string, string] => [
          component,
          JSON.stringify([spec.container, spec.init_container, configs[component]?.data]),
        ]),
        ...runningContainers(stack).map(([component, { env, entrypoint, command, healthcheck }]): [string, string] => [
          component,
          JSON.stringify([env, entrypoint, command, healthcheck, uploadsOf(component, carriers)]),
        ]),
      ];
    });
    const edges = found.flatMap(([component, text]) =>
      [
        ...text
          .replaceAll(/target\\+": \[[^\]]*\]/g, '')
          .matchAll(/\bstock-analysis-([a-z-]+?)(?:-companion)?(?:\.stock-analysis\.svc)?:(\d+)/g),
      ].map(([, server, port]) => `${component} -> ${server}:${port}`),
    );
    const isOfOneself = (edge: string) => /^(\S+) -> \1:/.test(edge);
    return [...new Set([...edges, ...discovered(name)])].filter((edge) => !isOfOneself(edge)).sort();
  }

  test.each(everywhere)('in %s', (name) => {
    expect(known(name)).toEqual(flows(name).filter((edge) => !edge.startsWith('outside')));
  });
});
