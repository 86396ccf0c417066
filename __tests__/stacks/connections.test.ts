import { environmentByName, environmentNames } from '../../config/environments';
import { type DockerContainer, runningContainers } from '../docker-objects';
import { flowsThroughNetworks, flowsThroughPolicies } from '../flows';
import { type NetworkPolicy, podsOf } from '../kubernetes-objects';
import { environmentSystem, SynthesizedStack, units } from '../synthesized';

type Name = string;
const everywhere = environmentNames.map((name) => [name] as const);
const clusters = environmentNames.filter((name) => environmentByName(name).target === 'kubernetes');
const stacksOf = (name: Name) => units.map((unit) => environmentSystem(name).stack(unit));

/** The whole architecture: who may open a connection to whom. */
const architecture = [
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

/** And to which hosts that are not ours. */
const departures = (name: Name): readonly string[] =>
  environmentByName(name).sources.priority.includes('tushare') ? ['worker -> outside api.tushare.pro:80'] : [];

test.each(everywhere)('in %s, who may open a connection to whom is exactly this', (name) => {
  expect(environmentSystem(name).environment.connections.describe()).toEqual(
    [...architecture, ...departures(name)].sort(),
  );
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
    expect(leaving).toEqual(departures(name).map((line) => line.replace(/^(\w+) .*:(\d+)$/, '$1:$2')));
  },
);

test.each(clusters)('in %s, the policies let pass exactly the declared connections', (name) => {
  expect(flowsThroughPolicies(stacksOf(name))).toEqual(architecture);
});

test('in local, the networks join exactly the declared connections', () => {
  const declared = architecture.map((edge) => (edge.startsWith('outside') ? edge : edge.replace(/:\d+$/, '')));
  expect(flowsThroughNetworks(stacksOf('local'))).toEqual(declared);
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
  const lost = (flows: string[]) => architecture.filter((edge) => !flows.includes(edge));
  const gained = (flows: string[]) => flows.filter((edge) => !architecture.includes(edge));

  test.each(['api', 'postgres', 'cache', 'queue', 'worker', 'scheduler', 'maintenance', 'gateway'])(
    'without that of the %s its connections are gone: the namespace denies what is not said',
    (component) => {
      const flows = changed(removed(component));
      expect(lost(flows)).toEqual(architecture.filter((edge) => new RegExp(`\\b${component}\\b`).test(edge)));
      expect(gained(flows)).toEqual([]);
    },
  );

  test('without the default and its own, a pod is open to everything', () => {
    const flows = changed((policies) => {
      delete policies['default-deny'];
      delete policies.api;
    });
    expect(gained(flows)).toEqual(expect.arrayContaining(['outside -> api:8000', 'outside -> api:8001']));
  });

  test('one side of a connection is not enough', () => {
    const closed = changed(({ api }) => api?.spec.egress?.splice(0));
    expect(lost(closed)).toEqual(['api -> cache:6379', 'api -> postgres:5432', 'api -> queue:6379']);
    const shut = changed(({ postgres }) => postgres?.spec.ingress?.splice(0));
    expect(lost(shut)).toEqual(architecture.filter((edge) => edge.endsWith('postgres:5432')));
  });

  test('a rule without a port opens the metrics as well', () => {
    const flows = changed(({ api, gateway }) => {
      delete api?.spec.ingress?.[0]?.ports;
      delete gateway?.spec.egress?.[0]?.ports;
    });
    expect(gained(flows)).toEqual(['gateway -> api:8001']);
  });

  test('a rule without a peer opens a database to the world', () => {
    const flows = changed(({ postgres }) => {
      delete postgres?.spec.ingress?.[0]?.from;
    });
    expect(gained(flows)).toEqual(['outside -> postgres:5432']);
  });

  test('a selector that selects nobody takes a connection away', () => {
    const flows = changed(({ queue }) => {
      for (const { from = [] } of queue?.spec.ingress ?? []) {
        for (const peer of from) peer.pod_selector = { match_labels: { 'app.kubernetes.io/name': 'nobody' } };
      }
    });
    expect(lost(flows)).toEqual(architecture.filter((edge) => edge.endsWith('queue:6379')));
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
  expect(asking.sort()).toEqual(['api', 'gateway', 'maintenance', 'scheduler', 'worker']);
});

describe('an address that a component knows is one it may connect to, and the other way round', () => {
  /** `client -> server:port` for every address of ours in the environment, command or files of a component. */
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
          JSON.stringify([env, entrypoint, command, healthcheck, carriers[`${component}-files`]?.upload]),
        ]),
      ];
    });
    const edges = found.flatMap(([component, text]) =>
      [...text.matchAll(/\bstock-analysis-([a-z-]+):(\d+)/g)].map(
        ([, server, port]) => `${component} -> ${server}:${port}`,
      ),
    );
    return [...new Set(edges)].sort();
  }

  test.each(everywhere)('in %s', (name) => {
    expect(known(name)).toEqual(architecture.filter((edge) => !edge.startsWith('outside')));
  });
});
