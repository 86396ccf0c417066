import type { Peer } from '../workload/peer';

/** Pages for people, below a path of their own. */
export interface WebInterface {
  /** Begins and ends with a slash; what answers serves all it has below it, whoever asks. */
  readonly path: string;
  readonly peer: Peer;
  /** Name of the peer's port that speaks HTTP. */
  readonly port: string;
  /** Who asks for a login: what answers, or the gateway for what asks nobody. */
  readonly login: 'its own' | 'of the gateway';
}

/** The URL of pages, as it stands in messages that lead to them. */
export function pagesUrl({ path, origin, port }: Pages): string {
  return `${origin ?? `http://localhost:${port}`}${path}`;
}

interface Pages {
  readonly path: string;
  /** Where people reach the gateway: scheme, host and port. @default - they reach the port alone, forwarded to their machine */
  readonly origin: string | undefined;
  readonly port: number;
}
