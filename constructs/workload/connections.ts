import type { FileSource, Workload } from './workload';

/** Where traffic that no component sends comes from: browsers, API clients. */
export const outside = 'outside';

/** One permitted flow. */
export interface Edge {
  readonly from: Workload | typeof outside;
  readonly to: Workload;
  /** Name of the port on `to`. */
  readonly port: string;
  /** Where the port is on 127.0.0.1 of the machine, from outside on Docker. */
  readonly localPort?: number;
}

/** Anything that can be let in: a component has the workload that opens the connection. */
export interface Client {
  readonly workload: Workload;
}

/** What a client needs to know to use a port. */
export interface Grant {
  /** @default - none */
  readonly environment?: Readonly<Record<string, string>>;
  /** File name below `filesDirectory` to content. @default - none */
  readonly files?: Readonly<Record<string, FileSource>>;
}

/**
 * Every flow of an environment, as data. The targets derive network policies, networks and start order from it;
 * nothing else opens a path between two workloads.
 */
export class Connections {
  private readonly recorded = new Map<string, Edge>();

  /** Lets `client` reach `port` of `server` and gives it what `grant` says. */
  allow(client: Workload, server: Workload, port: string, grant: Grant = {}): void {
    this.record({ from: client, to: server, port });
    client.receive(grant.environment ?? {}, grant.files ?? {});
  }

  /** Lets anyone reach `port` of `server`; on Docker as `localPort` of 127.0.0.1. */
  expose(server: Workload, port: string, localPort?: number): void {
    this.record({ from: outside, to: server, port, localPort });
  }

  /** All edges, sorted by their description. */
  get edges(): readonly Edge[] {
    return [...this.recorded.keys()].sort().map((key) => this.recorded.get(key) as Edge);
  }

  /** `client -> server:port`, one line an edge, sorted. */
  describe(): string[] {
    return this.edges.map(describe);
  }

  /** Edges into a workload. */
  into(workload: Workload): readonly Edge[] {
    return this.edges.filter((edge) => edge.to === workload);
  }

  /** Edges out of a workload. */
  outOf(workload: Workload): readonly Edge[] {
    return this.edges.filter((edge) => edge.from === workload);
  }

  private record(edge: Edge): void {
    this.recorded.set(describe(edge), edge);
  }
}

const describe = ({ from, to, port }: Edge) =>
  `${from === outside ? outside : from.component} -> ${to.component}:${to.port(port)}`;
