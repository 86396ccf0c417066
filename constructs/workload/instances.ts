import { companionName } from './companion';
import type { Environment } from './environment';
import type { Peer, Pods } from './peer';
import { Workload } from './workload';

/** Where the instances of a peer are: pods of their own, or a port of the nodes that pods are on, found by asking the cluster, or one address. */
export type Instances =
  | { readonly pods: Pods }
  | { readonly onNodesOf: Pods; readonly port: number }
  | { readonly address: string };

/** How each instance of a peer is found by itself, behind no balancing Service. */
export function instancesOf({ config }: Environment, peer: Peer, port: string): Instances {
  if (peer.onNodesOf) return { onNodesOf: peer.onNodesOf, port: peer.port(port) };
  if (config.target === 'kubernetes' && peer.pods) return { pods: peer.pods };
  return { address: `${engineHostOf(peer, port)}:${peer.port(port)}` };
}

const engineHostOf = (peer: Peer, port: string): string =>
  peer instanceof Workload && Object.hasOwn(peer.companion?.ports ?? {}, port) ? companionName(peer.name) : peer.name;

/** Every namespace that somebody of an environment lives in, sorted. */
export const namespacesOf = (environment: Environment): string[] =>
  [...new Set(environment.all(Workload).map(({ pods }) => pods.namespace))].sort();
