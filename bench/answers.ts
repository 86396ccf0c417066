import { createHash } from 'node:crypto';
import { BenchError } from './child';

/** A request both sides must answer alike. */
export interface SampleRequest {
  method: 'GET' | 'POST';
  path: string;
  body?: string;
  /** Leave out the key, which the answer then must say. */
  anonymous?: boolean;
}

interface Answer {
  status: number;
  headers: string[];
  body: string;
}

// Facts of one answer or one process rather than of the content.
const ignoredHeaders = new Set([
  'date',
  'connection',
  'keep-alive',
  'location',
  'ratelimit-remaining',
  'ratelimit-reset',
]);

/** The text with what differs from one answer to the next taken out: ids and times. */
const withoutIdentity = (text: string): string =>
  text
    .replace(/"(job_id|created_at|as_of)":"[^"]*"/g, '"$1":""')
    .replace(/"(duration_ms|cache_age_seconds)":\d+/g, '"$1":0');

/** Health reports list their checks in the order in which they ended. */
function inOrder(path: string, body: string): string {
  if (!path.startsWith('/health')) return body;
  const report = JSON.parse(body) as { checks?: Record<string, Record<string, unknown>> };
  const sorted = <T>(entries: Record<string, T>) =>
    Object.fromEntries(Object.entries(entries).sort(([a], [b]) => (a < b ? -1 : 1)));
  const checks = Object.entries(report.checks ?? {}).map(([name, check]) => [name, sorted(check)]);
  return JSON.stringify({ ...report, checks: sorted(Object.fromEntries(checks)) });
}

async function ask(url: string, request: SampleRequest, apiKey: string): Promise<Answer> {
  const response = await fetch(`${url}${request.path}`, {
    method: request.method,
    headers: {
      'x-request-id': 'bench-same-on-both-sides',
      ...(request.anonymous ? {} : { 'x-api-key': apiKey }),
      ...(request.body ? { 'content-type': 'application/json' } : {}),
    },
    body: request.body,
  });
  const text = inOrder(request.path, withoutIdentity(await response.text()));
  return {
    status: response.status,
    headers: [...response.headers]
      .filter(([name]) => !ignoredHeaders.has(name))
      // Errors are not measured, so of theirs only the kind of content matters.
      .filter(([name]) => response.ok || name === 'content-type')
      // Content of changing ids and times has a changing length; the body itself is compared.
      .filter(([name]) => name !== 'content-length' || !request.path.startsWith('/health'))
      .map(([name, value]) => `${name}: ${value}`)
      .sort(),
    body: text,
  };
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

function firstDifference(app: string, baseline: string): string {
  const at = [...app].findIndex((character, index) => character !== baseline[index]);
  const from = Math.max(0, (at < 0 ? app.length : at) - 60);
  return `app:      ...${app.slice(from, from + 160)}\n  baseline: ...${baseline.slice(from, from + 160)}`;
}

/**
 * Asks both sides the same and compares status, headers and SHA-256 of the body.
 *
 * @param forget removes what earlier requests stored; called before each request that stores something
 * @throws BenchError at the first difference: timings of different answers would mean nothing
 */
export async function requireSameAnswers(
  appUrl: string,
  baselineUrl: string,
  apiKey: string,
  requests: readonly SampleRequest[],
  forget: () => Promise<void>,
): Promise<void> {
  for (const request of requests) {
    // What one side recorded would be a duplicate to the other.
    if (request.method === 'POST') await forget();
    const app = await ask(appUrl, request, apiKey);
    if (request.method === 'POST') await forget();
    const baseline = await ask(baselineUrl, request, apiKey);
    const differ = (what: string, detail: string) =>
      new BenchError(`the two sides answer ${request.method} ${request.path} with different ${what}:\n  ${detail}`);
    if (app.status !== baseline.status) {
      throw differ(
        'status',
        `app: ${app.status} ${app.body.slice(0, 300)}\n  baseline: ${baseline.status} ${baseline.body.slice(0, 300)}`,
      );
    }
    if (sha256(app.body) !== sha256(baseline.body)) throw differ('bodies', firstDifference(app.body, baseline.body));
    const onlyApp = app.headers.filter((header) => !baseline.headers.includes(header));
    const onlyBaseline = baseline.headers.filter((header) => !app.headers.includes(header));
    if (onlyApp.length > 0 || onlyBaseline.length > 0) {
      throw differ('headers', `only app: ${onlyApp.join(' | ')}\n  only baseline: ${onlyBaseline.join(' | ')}`);
    }
  }
}
