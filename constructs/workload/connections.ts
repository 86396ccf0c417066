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

/** One permitted flow to a host that is not ours. */
export interface Departure {
  readonly from: Workload;
  readonly host: string;
  readonly port: number;
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
  private readonly recordedDepartures = new Map<string, Departure>();

  /** Lets `client` reach `port` of `server` and gives it what `grant` says. */
  allow(client: Workload, server: Workload, port: string, grant: Grant = {}): void {
    this.record({ from: client, to: server, port });
    client.receive(grant.environment ?? {}, grant.files ?? {});
  }

  /** Lets anyone reach `port` of `server`; on Docker as `localPort` of 127.0.0.1. */
  expose(server: Workload, port: string, localPort?: number): void {
    this.record({ from: outside, to: server, port, localPort });
  }

  /** Lets `client` reach the host and port of a URL outside. */
  reach(client: Workload, url: string): void {
    const { hostname, port, protocol } = new URL(url);
    const departure = { from: client, host: hostname, port: Number(port || (protocol === 'https:' ? 443 : 80)) };
    this.recordedDepartures.set(describeDeparture(departure), departure);
  }

  /** All edges, sorted by their description. */
  get edges(): readonly Edge[] {
    return sortedByKey(this.recorded);
  }

  /** All flows to hosts outside, sorted by their description. */
  get departures(): readonly Departure[] {
    return sortedByKey(this.recordedDepartures);
  }

  /** `client -> server:port`, one line an edge; then the same for hosts outside. */
  describe(): string[] {
    return [...this.edges.map(describe), ...this.departures.map(describeDeparture)].sort();
  }

  /** Edges into a workload. */
  into(workload: Workload): readonly Edge[] {
    return this.edges.filter((edge) => edge.to === workload);
  }

  /** Edges out of a workload. */
  outOf(workload: Workload): readonly Edge[] {
    return this.edges.filter((edge) => edge.from === workload);
  }

  /** Flows of a workload to hosts outside. */
  departuresOf(workload: Workload): readonly Departure[] {
    return this.departures.filter(({ from }) => from === workload);
  }

  private record(edge: Edge): void {
    this.recorded.set(describe(edge), edge);
  }
}

const describe = ({ from, to, port }: Edge) =>
  `${from === outside ? outside : from.component} -> ${to.component}:${to.port(port)}`;

const describeDeparture = ({ from, host, port }: Departure) => `${from.component} -> ${outside} ${host}:${port}`;

const sortedByKey = <T>(map: ReadonlyMap<string, T>): T[] => [...map.keys()].sort().map((key) => map.get(key) as T);
