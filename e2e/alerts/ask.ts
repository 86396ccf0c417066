import { setTimeout as sleep } from 'node:timers/promises';
import type { System } from '../faults/system';

const pauseMilliseconds = 200;

/** @param url of the API, or of what stands before it */
export const ask = (system: System, url: string, path: string, body?: object): Promise<Response> =>
  fetch(`${url}${path}`, {
    method: body ? 'POST' : 'GET',
    headers: { 'x-api-key': system.apiKey, 'content-type': 'application/json' },
    body: body && JSON.stringify(body),
    signal: AbortSignal.timeout(10_000),
  });

/** Uses the application as people do for some time: what it is asked for, the cache, what is not there, and a job at first. */
export async function use(system: System, url: string, seconds: number): Promise<void> {
  await ask(system, url, '/api/v1/jobs', { type: 'ingest', dataset: 'stock_basic', source: 'sample' });
  const until = performance.now() + seconds * 1000;
  const paths = [
    '/api/v1/stocks?limit=5',
    '/api/v1/stocks/604981.SH/daily?start=2024-01-02&limit=5',
    '/api/v1/stocks/000000.SZ',
  ];
  for (let asked = 0; performance.now() < until; asked++) {
    await ask(system, url, paths[asked % paths.length] as string);
    await sleep(pauseMilliseconds);
  }
}
