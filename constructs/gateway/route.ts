import type { Peer } from '../workload/peer';

/** What the gateway passes requests on to. It has to let the gateway in, as it lets in every client: `api.allow(gateway)`. */
export interface Route {
  readonly peer: Peer;
  /** Name of the peer's port that speaks HTTP. */
  readonly port: string;
  /** Whether its answers end, or are streams that stay open: each is limited by its own number. */
  readonly answers: 'end' | 'stay open';
}

/** Path to route; of two that fit the longer one is taken. */
export type Routes = Readonly<Record<string, Route>>;
