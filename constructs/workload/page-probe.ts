import type { Probe } from './workload';

/**
 * A probe that asks a page, in the container by the `wget` that its image has.
 *
 * @param port name and number of the port that serves it
 */
export const pageProbe = (
  port: { readonly name: string; readonly number: number },
  path: string,
  times: { readonly periodSeconds: number; readonly failureThreshold: number },
): Probe => ({
  check: {
    command: ['wget', '-qO-', `http://127.0.0.1:${port.number}${path}`],
    http: { port: port.name, path },
  },
  timeoutSeconds: 5,
  ...times,
});

/** The same for an image without `wget`: whoever probes from outside asks the page, and nobody on an engine that cannot. */
export const outsidePageProbe: typeof pageProbe = ({ name }, path, times) => ({
  check: { http: { port: name, path } },
  timeoutSeconds: 5,
  ...times,
});
