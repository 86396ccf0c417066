import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';

const symbol = '604981.SH';
const jobTimeLimitMilliseconds = 120_000;

/**
 * Makes an API key and takes the journey with it.
 *
 * @param runStock runs the application's command line where it is deployed, and gives what it printed
 */
export async function useThrough(gateway: string, runStock: (...words: string[]) => string): Promise<void> {
  const apiKey = runStock('apikey', 'create', '--name', 'e2e', '--scopes', 'read,write').trim();
  const began = performance.now();
  await runJourney(gateway, apiKey);
  const seconds = ((performance.now() - began) / 1000).toFixed(1);
  console.error(`posted a job and got its rows through the gateway ... ${seconds} s`);
}

/** What a user does first: posts a job through the gateway, waits for it, asks for the rows it brought. */
export async function runJourney(gateway: string, apiKey: string): Promise<void> {
  const headers = { 'x-api-key': apiKey, 'content-type': 'application/json' };
  await answersWithin(`${gateway}/health`, 60_000);

  const accepted = await fetch(`${gateway}/api/v1/jobs`, {
    method: 'POST',
    headers,
    body: JSON.stringify({
      type: 'ingest',
      source: 'sample',
      symbols: [symbol],
      start: '2024-01-01',
      end: '2024-03-31',
    }),
  });
  const answer = (await accepted.json()) as { data: { job_id: string } };
  assert.equal(accepted.status, 202, JSON.stringify(answer));

  await jobEnds(`${gateway}/api/v1/jobs/${answer.data.job_id}`, headers);
  const rows = await fetch(`${gateway}/api/v1/stocks/${symbol}/daily?start=2024-01-01&end=2024-03-31`, { headers });
  const body = (await rows.json()) as { data: unknown[] };
  assert.equal(rows.status, 200);
  assert.ok(body.data.length > 50, `a quarter has more than 50 trading days, got ${body.data.length} rows`);

  const withoutKey = await fetch(`${gateway}/api/v1/stocks`);
  assert.equal(withoutKey.status, 401, 'a request without an API key is refused');
  const metrics = await fetch(`${gateway}/metrics`);
  assert.equal(metrics.status, 404, 'metrics are not reachable through the gateway');
}

async function jobEnds(url: string, headers: Record<string, string>): Promise<void> {
  const deadline = performance.now() + jobTimeLimitMilliseconds;
  for (;;) {
    const { data } = (await (await fetch(url, { headers })).json()) as { data: { state: string } };
    if (data.state === 'completed') return;
    assert.notEqual(data.state, 'failed', JSON.stringify(data));
    assert.ok(performance.now() < deadline, `the job is still ${data.state} after ${jobTimeLimitMilliseconds} ms`);
    await sleep(500);
  }
}

async function answersWithin(url: string, milliseconds: number): Promise<void> {
  const deadline = performance.now() + milliseconds;
  for (;;) {
    const status = await fetch(url).then(
      (response) => response.status,
      (error: Error) => `${error.cause ?? error}`,
    );
    if (status === 200) return;
    assert.ok(performance.now() < deadline, `${url} answers ${status} after ${milliseconds} ms`);
    await sleep(500);
  }
}
