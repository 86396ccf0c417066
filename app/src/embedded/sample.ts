import { setTimeout as sleep } from 'node:timers/promises';
import { hasDays } from '../jobs/job-request';
import { type Dataset, datasets } from '../market/dataset';
import { dayInShanghai } from '../market/trading-day';

const firstDay = '2024-01-02';

/** Asks the API until it is no longer too busy to answer, as it is at first on a slow machine. */
async function ask<T>(url: string, init: RequestInit): Promise<{ location: string | null; data: T }> {
  for (;;) {
    const answer = await fetch(url, init);
    if (answer.ok) {
      const { data } = (await answer.json()) as { data: T };
      return { location: answer.headers.get('location'), data };
    }
    const isBusy = answer.status === 503 || answer.status === 429;
    if (!isBusy) throw new Error(`the sample cannot be loaded: ${answer.status} ${await answer.text()}`);
    await sleep(1_000, undefined, { signal: init.signal ?? undefined });
  }
}

/**
 * Loads what is missing of the sample through the API, as any client would, and waits until the worker has done it. What
 * an earlier start has loaded is asked for again from its last day on.
 */
export async function loadSample(apiUrl: string, apiKey: string, signal: AbortSignal): Promise<void> {
  const headers = { 'x-api-key': apiKey, 'content-type': 'application/json' };
  const { data } = await ask<{ dataset: Dataset; latest_day: string | null }[]>(`${apiUrl}/api/v1/datasets`, {
    headers,
    signal,
  });
  const latestDays = new Map(data.map(({ dataset, latest_day }) => [dataset, latest_day]));
  const end = dayInShanghai(new Date());
  for (const dataset of datasets) {
    const start = latestDays.get(dataset) ?? firstDay;
    const days = hasDays(dataset) ? { start: start < end ? start : end, end } : {};
    const body = JSON.stringify({ type: 'ingest', source: 'sample', dataset, ...days });
    const { location } = await ask(`${apiUrl}/api/v1/jobs`, { method: 'POST', headers, body, signal });
    await finished(`${apiUrl}${location}`, { headers, signal });
  }
}

async function finished(url: string, init: RequestInit): Promise<void> {
  for (;;) {
    const { data } = await ask<{ state: string; error: string | null }>(url, init);
    if (data.state === 'completed') return;
    if (data.state === 'failed') throw new Error(`the sample cannot be loaded: ${data.error}`);
    await sleep(100, undefined, { signal: init.signal ?? undefined });
  }
}
