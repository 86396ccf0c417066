/** What a port speaks. */
export type Protocol = 'TCP' | 'UDP';

/** Pods of one namespace, as a network policy selects them. */
export interface Pods {
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
}

/**
 * What a flow ends at: a workload of ours, something that an operator runs, or something that exists already. A peer
 * without `pods` is an address outside; a network policy cannot name a host, so what may reach it may reach its port anywhere.
 */
export interface Peer {
  /** Its name in the list of flows and in the picture. */
  readonly component: string;
  /** Host name under which its clients in the same namespace, or outside, reach it. */
  readonly name: string;
  /** Host name under which each of its replicas has an address of its own. @default - they have the one of `name` together */
  readonly replicasName?: string;
  readonly pods?: Pods;
  /** Pods of which there is one on each node, for what is on every node itself: an address outside, and as many as nodes. @default - it is no such */
  readonly onNodesOf?: Pods;
  /**
   * The number of a named port.
   * @throws Error naming the ports there are
   */
  port(name: string): number;
  protocol(name: string): Protocol;
}

/** A host outside, by the URL that its clients have of it. */
export function outsidePeer(url: string): Peer {
  const { hostname, port, protocol } = new URL(url);
  const number = Number(port || (protocol === 'https:' ? 443 : 80));
  return { component: hostname.replaceAll('.', '_'), name: hostname, port: () => number, protocol: () => 'TCP' };
}

/** The host name under which pods of a namespace reach a peer. */
export const hostFrom = (namespace: string | undefined, { name, pods }: Pick<Peer, 'name' | 'pods'>): string =>
  pods === undefined || pods.namespace === namespace ? name : `${name}.${pods.namespace}.svc`;
