import { setTimeout as sleep } from 'node:timers/promises';
import { hasDays } from '../jobs/job-request';
import { type Dataset, datasets } from '../market/dataset';
import { dayInShanghai } from '../market/trading-day';

const firstDay = '2024-01-02';

/**
 * Loads what is missing of the sample through the API, as any client would, and waits until the worker has done it. What
 * an earlier start has loaded is asked for again from its last day on.
 */
export async function loadSample(apiUrl: string, apiKey: string, signal: AbortSignal): Promise<void> {
  const headers = { 'x-api-key': apiKey, 'content-type': 'application/json' };
  const answer = await fetch(`${apiUrl}/api/v1/datasets`, { headers, signal });
  const { data } = (await answer.json()) as { data: { dataset: Dataset; latest_day: string | null }[] };
  const latestDays = new Map(data.map(({ dataset, latest_day }) => [dataset, latest_day]));
  const end = dayInShanghai(new Date());
  for (const dataset of datasets) {
    const start = latestDays.get(dataset) ?? firstDay;
    const days = hasDays(dataset) ? { start: start < end ? start : end, end } : {};
    await load(apiUrl, headers, { dataset, ...days }, signal);
  }
}

async function load(
  apiUrl: string,
  headers: Record<string, string>,
  wanted: { dataset: Dataset },
  signal: AbortSignal,
): Promise<void> {
  const body = JSON.stringify({ type: 'ingest', source: 'sample', ...wanted });
  const accepted = await fetch(`${apiUrl}/api/v1/jobs`, { method: 'POST', headers, body, signal });
  if (accepted.status !== 202) throw new Error(`the sample job was not accepted: ${await accepted.text()}`);
  const location = accepted.headers.get('location');
  for (;;) {
    const answer = await fetch(`${apiUrl}${location}`, { headers, signal });
    const { data } = (await answer.json()) as { data: { state: string; error: string | null } };
    if (data.state === 'completed') return;
    if (data.state === 'failed') throw new Error(`the sample job for ${wanted.dataset} failed: ${data.error}`);
    await sleep(100, undefined, { signal });
  }
}
