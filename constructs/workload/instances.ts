import { companionName } from './companion';
import type { Environment } from './environment';
import type { Peer, Pods } from './peer';
import { Workload } from './workload';

/** Where the instances of a peer are: pods of their own, found by asking the cluster, or one address. */
export type Instances = { readonly pods: Pods } | { readonly address: string };

/** How each instance of a peer is found by itself, behind no balancing Service. */
export const instancesOf = ({ config }: Environment, peer: Peer, port: string): Instances =>
  config.target === 'kubernetes' && peer.pods
    ? { pods: peer.pods }
    : { address: `${engineHostOf(peer, port)}:${peer.port(port)}` };

const engineHostOf = (peer: Peer, port: string): string =>
  peer instanceof Workload && Object.hasOwn(peer.companion?.ports ?? {}, port) ? companionName(peer.name) : peer.name;

/** Every namespace that somebody of an environment lives in, sorted. */
export const namespacesOf = (environment: Environment): string[] =>
  [...new Set(environment.all(Workload).map(({ pods }) => pods.namespace))].sort();
