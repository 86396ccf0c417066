import type { Files } from './files';
import { outsidePeer, type Peer } from './peer';

/** Where traffic that no component sends comes from: browsers, API clients. */
export const outside = 'outside';

/** How those outside reach a port. */
export interface WayIn {
  /** Where it is on the machine, on Docker. @default - any free one */
  readonly localPort?: number | undefined;
  /** Addresses of the machine that have it. @default - 127.0.0.1 */
  readonly addresses?: readonly string[];
  /** Addresses (CIDR) of who may come, in a cluster. @default - everybody's */
  readonly sources?: readonly string[];
}

/** One permitted flow; a way in is one from outside. */
export interface Edge extends WayIn {
  readonly from: Peer | typeof outside;
  readonly to: Peer;
  /** Name of the port on `to`. */
  readonly port: string;
  /** Whether the client only looks at the server, and neither waits for its start nor starts again with it. @default false */
  readonly isWatch?: boolean;
}

/** Anything that can be let in: a component has the workload that opens the connection. */
export interface Client {
  readonly workload: Receiver;
}

/** What a connection is given to. */
export interface Receiver extends Peer {
  receive(grant: Grant): void;
}

/** What a client needs to know to use a port. */
export interface Grant extends Given {
  /** What its preparations, where it has any, are given beside or instead of that, and the client itself is not. */
  readonly preparations?: Given;
}

/** What a container is told. */
export interface Given {
  /** @default - none */
  readonly environment?: Readonly<Record<string, string>>;
  /** Path below `filesDirectory` to content. @default - none */
  readonly files?: Files;
}

/**
 * Every flow of an environment, as data. The targets derive network policies, networks and start order from it;
 * nothing else opens a path between two peers.
 */
export class Connections {
  private readonly recorded = new Map<string, Edge>();

  /** Lets `client` reach `port` of `server` and gives it what `grant` says. */
  allow(client: Receiver, server: Peer, port: string, grant: Grant = {}): void {
    this.record({ from: client, to: server, port });
    client.receive(grant);
  }

  /** Lets something that we do not run, and so cannot give anything to, reach `port` of `server`. */
  admit(client: Peer, server: Peer, port: string): void {
    this.record({ from: client, to: server, port });
  }

  /** Lets `client` look at `port` of `server`, without needing it; one that needs it too keeps that connection. */
  watch(client: Peer, server: Peer, port: string): void {
    const edge = { from: client, to: server, port, isWatch: true };
    if (!this.recorded.has(describe(edge))) this.record(edge);
  }

  /** Lets those outside reach `port` of `server`. */
  expose(server: Peer, port: string, way: WayIn = {}): void {
    this.record({ from: outside, to: server, port, ...way });
  }

  /** Lets `client` reach the host and port of a URL outside. */
  reach(client: Peer, url: string): void {
    this.record({ from: client, to: outsidePeer(url), port: 'url' });
  }

  /** The edges whose clients start after their servers. */
  get startOrder(): readonly Edge[] {
    return this.edges.filter(({ isWatch }) => !isWatch);
  }

  /** All edges, sorted by their description. */
  get edges(): readonly Edge[] {
    return [...this.recorded.keys()].sort().map((key) => this.recorded.get(key) as Edge);
  }

  /** `client -> server:port`, one line an edge. */
  describe(): string[] {
    return this.edges.map(describe);
  }

  /** Edges into a peer. */
  into(peer: Peer): readonly Edge[] {
    return this.edges.filter((edge) => edge.to === peer);
  }

  /** Edges out of a peer. */
  outOf(peer: Peer): readonly Edge[] {
    return this.edges.filter((edge) => edge.from === peer);
  }

  private record(edge: Edge): void {
    this.recorded.set(describe(edge), edge);
  }
}

function describe({ from, to, port }: Edge): string {
  const client = from === outside ? outside : from.component;
  const server = to.pods ? to.component : `${outside} ${to.name}`;
  return `${client} -> ${server}:${to.port(port)}`;
}
