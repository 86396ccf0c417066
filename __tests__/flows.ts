import { type DockerNetwork, runningContainers } from './docker-objects';
import { type NetworkPolicy, type Peer, type Pod, podsOf } from './kubernetes-objects';
import type { SynthesizedStack } from './synthesized';

/** A pod that nobody of ours runs: whatever connects from outside the namespace. */
const outside = 'outside';

/**
 * Every flow that the rendered NetworkPolicies let pass between pods, or from outside into one, as `client -> server:port`:
 * what a network plugin would do, worked out from the output alone. All ports of a server are tried, not only the ones
 * someone meant to open.
 */
export function flowsThroughPolicies(stacks: readonly SynthesizedStack[]): string[] {
  const pods = stacks.flatMap(podsOf);
  const policies = stacks.flatMap((stack) =>
    Object.values(stack.resources<NetworkPolicy>('kubernetes_network_policy_v1')).map(({ metadata, spec }) => ({
      namespace: metadata.namespace,
      ...spec,
    })),
  );
  const selecting = ({ namespace, template }: Pod, type: 'Ingress' | 'Egress') =>
    policies.filter(
      (policy) =>
        policy.namespace === namespace &&
        policy.policy_types.includes(type) &&
        selects(policy.pod_selector.match_labels, template.metadata.labels),
    );
  // A pod that no policy selects is open.
  const mayLeave = (client: Pod, server: Pod, port: number) => {
    const own = selecting(client, 'Egress');
    return (
      own.length === 0 ||
      own.some(({ namespace, egress = [] }) =>
        egress.some(({ to, ports }) => reaches(to, server, namespace) && opens(ports, port)),
      )
    );
  };
  const mayEnter = (client: Pod | typeof outside, server: Pod, port: number) => {
    const own = selecting(server, 'Ingress');
    return (
      own.length === 0 ||
      own.some(({ namespace, ingress = [] }) =>
        ingress.some(({ from, ports }) => reaches(from, client, namespace) && opens(ports, port)),
      )
    );
  };
  return pods
    .flatMap((server) =>
      server.template.spec.container
        .flatMap(({ port = [] }) => port.map(({ container_port }) => container_port))
        .flatMap((port) => {
          const from = pods
            .filter((client) => client !== server && mayLeave(client, server, port) && mayEnter(client, server, port))
            .map(({ component }) => component);
          if (mayEnter(outside, server, port)) from.push(outside);
          return from.map((client) => `${client} -> ${server.component}:${port}`);
        }),
    )
    .sort();
}

const selects = (selector: Record<string, string> | undefined, labels: Record<string, string>) =>
  Object.entries(selector ?? {}).every(([key, value]) => labels[key] === value);

/** No peers at all is everyone; one without a namespace selector is of the policy's own namespace; addresses are outside. */
const reaches = (peers: Peer[] | undefined, pod: Pod | typeof outside, own: string | undefined) =>
  !peers ||
  peers.length === 0 ||
  peers.some(({ pod_selector, namespace_selector, ip_block }) =>
    pod === outside
      ? ip_block !== undefined
      : pod_selector !== undefined &&
        pod.namespace === (namespace_selector?.match_labels?.['kubernetes.io/metadata.name'] ?? own) &&
        selects(pod_selector.match_labels, pod.template.metadata.labels),
  );

const opens = (ports: Array<{ port?: string }> | undefined, port: number) =>
  !ports || ports.length === 0 || ports.some((rule) => rule.port === undefined || rule.port === `${port}`);

/** Every flow that the rendered Docker networks are made for, as `client -> server`, and the ports open to the machine. */
export function flowsThroughNetworks(stacks: readonly SynthesizedStack[]): string[] {
  const containers = stacks.flatMap(runningContainers);
  const networks = stacks.flatMap((stack) => Object.values(stack.resources<DockerNetwork>('docker_network')));
  const inside = containers.flatMap(([server, { name }]) =>
    networks.some((network) => network.name === name && network.internal)
      ? containers
          .filter(([, { networks_advanced = [] }]) => networks_advanced.some((network) => network.name === name))
          .map(([client]) => client)
          .filter((client) => client !== server)
          .map((client) => `${client} -> ${server}`)
      : [],
  );
  const published = containers.flatMap(([server, { ports = [] }]) =>
    ports.map(({ internal }) => `${outside} -> ${server}:${internal}`),
  );
  return [...inside, ...published].sort();
}
