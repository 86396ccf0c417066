import path from 'node:path';
import { BenchError, run } from './child';

const script = path.join(__dirname, 'requests.lua');
// Far apart, so that generators for several processes never send the same request.
const requestsPerGenerator = 10_000_000;

/** What is sent: the same path each time, or requests that never repeat. */
export type Traffic = { path: string } | { unique: 'daily'; limit: number } | { unique: 'jobs' };

export interface LoadResult {
  requestsPerSecond: number;
  p50Milliseconds: number;
  p99Milliseconds: number;
  requests: number;
  /** Connections refused or broken, time-outs, and answers with a status above 399. */
  errors: number;
}

interface WrkOutput {
  requests: number;
  seconds: number;
  p50Milliseconds: number;
  p99Milliseconds: number;
  errors: number;
}

/** First line of `wrk --version`. */
export async function loadGeneratorVersion(): Promise<string> {
  const output = await run('wrk', 'sh', ['-c', 'wrk --version || true']);
  const version = /wrk \S+/.exec(output)?.[0];
  if (!version) throw new BenchError('wrk, the load generator, is not on PATH; on Debian: apt-get install wrk');
  return version;
}

function wrkArguments(traffic: Traffic, generator: number): { path: string; args: string[] } {
  if ('path' in traffic) return { path: traffic.path, args: ['fixed'] };
  const first = String(generator * requestsPerGenerator);
  return traffic.unique === 'daily'
    ? { path: '/', args: ['daily', first, String(traffic.limit)] }
    : { path: '/', args: ['jobs', first] };
}

/** Loads servers with requests as fast as they answer, over a fixed number of connections, spread over the servers. */
export async function load(
  urls: readonly string[],
  traffic: Traffic,
  apiKey: string,
  connections: number,
  seconds: number,
): Promise<LoadResult> {
  const connectionsEach = Math.max(1, Math.round(connections / urls.length));
  const results = await Promise.all(
    urls.map(async (url, generator) => {
      const { path: target, args } = wrkArguments(traffic, generator);
      const output = await run('wrk', 'wrk', [
        ...['--threads', '1', '--connections', String(connectionsEach), '--duration', `${seconds}s`],
        ...['--timeout', '10s', '--script', script, '--header', `X-API-Key: ${apiKey}`, `${url}${target}`],
        ...['--', ...args],
      ]);
      return JSON.parse(output.trim().split('\n').at(-1) ?? '') as WrkOutput;
    }),
  );
  const sum = (value: (result: WrkOutput) => number) => results.reduce((total, result) => total + value(result), 0);
  return {
    requestsPerSecond: sum(({ requests, seconds: measured }) => requests / measured),
    p50Milliseconds: Math.max(...results.map(({ p50Milliseconds }) => p50Milliseconds)),
    p99Milliseconds: Math.max(...results.map(({ p99Milliseconds }) => p99Milliseconds)),
    requests: sum(({ requests }) => requests),
    errors: sum(({ errors }) => errors),
  };
}
