import type { Probe } from './workload';

/** @param port name and number of the port that serves the page */
type PageProbe = (
  port: { readonly name: string; readonly number: number },
  path: string,
  times: { readonly periodSeconds: number; readonly failureThreshold: number },
) => Probe;

const probeBy =
  (...words: readonly string[]): PageProbe =>
  ({ name, number }, path, times) => ({
    check: { command: [...words, `http://127.0.0.1:${number}${path}`], http: { port: name, path } },
    timeoutSeconds: 5,
    ...times,
  });

/** A probe that asks a page, in the container by the `wget` that its image has. */
export const pageProbe = probeBy('wget', '-qO-');

/** The same by `curl`, which Elastic's images have. */
export const curlPageProbe = probeBy('curl', '-sf', '-o', '/dev/null');

/** The same by Node.js, which our own images have. */
export const nodePageProbe = probeBy('node', '-e', 'fetch(process.argv[1]).then(({ ok }) => process.exit(ok ? 0 : 1))');

/** The same for an image with neither: whoever probes from outside asks the page, and nobody on an engine that cannot. */
export const outsidePageProbe: PageProbe = ({ name }, path, times) => ({
  check: { http: { port: name, path } },
  timeoutSeconds: 5,
  ...times,
});
