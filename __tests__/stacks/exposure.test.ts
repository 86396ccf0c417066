import type { Exposure } from '../../config/components/exposure';
import { defineEnvironment, type EnvironmentConfig } from '../../config/environment';
import { environmentNames } from '../../config/environments';
import dev from '../../config/environments/dev';
import { flowsThroughPolicies } from '../flows';
import { type Metadata, type NetworkPolicy, podsOf } from '../kubernetes-objects';
import { SynthesizedStack, type SynthesizedSystem, stacksOf, synthesizedSystems } from '../synthesized';

const trustedProxies = ['10.244.0.0/16'];
const controller = { namespace: 'traefik', labels: { 'app.kubernetes.io/name': 'traefik' } };
const exposures = {
  loadBalancer: { type: 'loadBalancer', annotations: {}, sourceRanges: [], proxyProtocol: false, tls: { secret: 'a' } },
  'load balancer with the PROXY protocol': {
    type: 'loadBalancer',
    annotations: {},
    sourceRanges: [],
    proxyProtocol: true,
  },
  ingress: { type: 'ingress', annotations: {}, controller, tls: { by: 'controller' } },
  gateway: { type: 'gateway', annotations: {}, parent: { name: 'shared', namespace: 'gateways' } },
} satisfies Record<string, Exposure>;
type Kind = keyof typeof exposures;
const kinds = Object.keys(exposures) as Kind[];

const systems = new Map<Kind, SynthesizedSystem>();
function systemOf(kind: Kind): SynthesizedSystem {
  const config: EnvironmentConfig = defineEnvironment({
    ...dev,
    name: 'exposed',
    exposure: exposures[kind],
    gateway: { ...dev.gateway, trustedProxies: kind === 'loadBalancer' ? [] : trustedProxies },
  });
  const [system] = systems.has(kind) ? [systems.get(kind)] : synthesizedSystems([config]);
  systems.set(kind, system as SynthesizedSystem);
  return system as SynthesizedSystem;
}
const stacksOfKind = (kind: Kind): SynthesizedStack[] => {
  const { stacks, stack } = systemOf(kind);
  return stacks.map(({ unit }) => stack(unit));
};

interface Service {
  metadata: Metadata;
  spec: { selector: Record<string, string>; port: Array<{ name: string; target_port: string }> };
}

/** Ports of Services that no policy lets anybody reach, `service:port`. */
function closedPorts(stacks: readonly SynthesizedStack[]): string[] {
  const pods = stacks.flatMap(podsOf);
  const policies = stacks.flatMap((stack) =>
    Object.values(stack.resources<NetworkPolicy>('kubernetes_network_policy_v1')),
  );
  return stacks
    .flatMap((stack) => Object.values(stack.resources<Service>('kubernetes_service_v1')))
    .flatMap(({ metadata, spec }) => {
      const isSelected = (labels: Readonly<Record<string, string>>, by: Readonly<Record<string, string>>) =>
        Object.entries(by).every(([label, value]) => labels[label] === value);
      const pod = pods.find(
        ({ namespace, template }) =>
          namespace === metadata.namespace && isSelected(template.metadata.labels, spec.selector),
      );
      const numbers = new Map(
        pod?.template.spec.container
          .flatMap(({ port = [] }) => port)
          .map(({ name, container_port }) => [name, `${container_port}`]),
      );
      const open = policies
        .filter(
          (policy) =>
            policy.metadata.namespace === metadata.namespace &&
            isSelected(pod?.template.metadata.labels ?? {}, policy.spec.pod_selector.match_labels ?? {}),
        )
        .flatMap(({ spec: { ingress = [] } }) => ingress.flatMap(({ ports = [] }) => ports.map(({ port }) => port)));
      return spec.port
        .filter(({ target_port }) => !open.includes(numbers.get(target_port)))
        .map(({ name }) => `${metadata.name}:${name}`);
    });
}

describe('there is no port of a Service that nobody may reach', () => {
  test.each(environmentNames)('in %s', (name) => {
    expect(closedPorts(stacksOf(name))).toEqual([]);
  });

  test.each(kinds)('by %s', (kind) => {
    expect(closedPorts(stacksOfKind(kind))).toEqual([]);
  });

  test('one whose policy is gone is found', () => {
    const broken = stacksOf('dev').map((stack) => {
      const json = JSON.parse(stack.text);
      delete json.resource.kubernetes_network_policy_v1?.queue;
      return new SynthesizedStack(stack.name, JSON.stringify(json));
    });
    expect(closedPorts(broken)).toEqual(['stock-analysis-queue:redis']);
  });
});

test.each(kinds)('by %s, the policies let pass exactly the declared connections', (kind) => {
  const declared = systemOf(kind).environment.connections.describe();
  const ofOurs = declared.filter((edge) => !edge.includes('-> outside ') && !edge.startsWith('ingress '));
  expect(flowsThroughPolicies(stacksOfKind(kind))).toEqual(ofOurs);
});

test.each([
  ['loadBalancer', ['outside -> gateway:8082', 'outside -> gateway:8443']],
  ['load balancer with the PROXY protocol', ['outside -> gateway:8082']],
  ['ingress', ['ingress -> gateway:8080']],
  ['gateway', ['outside -> gateway:8080']],
] as const)('by %s, the gateway is entered by these ways alone', (kind, ways) => {
  const into = systemOf(kind)
    .environment.connections.describe()
    .filter((edge) => edge.includes('-> gateway:') && /^(outside|ingress|gateway-api) /.test(edge));
  expect(into).toEqual(ways);
});

test('nothing names the addresses of one family alone, but who is trusted', () => {
  for (const stack of stacksOf('production')) {
    for (const { spec } of Object.values(stack.resources<NetworkPolicy>('kubernetes_network_policy_v1'))) {
      for (const { to = [] } of spec.egress ?? []) {
        const networks = to.flatMap(({ ip_block }) => (ip_block ? [ip_block.cidr] : []));
        expect(networks.includes('0.0.0.0/0')).toBe(networks.includes('::/0'));
        for (const { ip_block } of to) if (ip_block) expect(ip_block.except).not.toEqual([]);
      }
    }
  }
});
