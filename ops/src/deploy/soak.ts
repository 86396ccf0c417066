import { setTimeout as sleep } from 'node:timers/promises';
import { alignedTable } from '../../../app/src/cli/table';
import { CannotTell, Inconclusive, Refusal } from '../failures';
import type { Place } from '../place/place';
import { type Finding, findingsText, judge, type Reading, type Verdict } from './verdict';

export interface Soaking {
  place: Place;
  /** What ran until then is what it is compared with; undefined for the first release. */
  until: Date | undefined;
  /** When the release was there. */
  from: Date;
  seconds: number;
  tell(detail: string): void;
  signal: AbortSignal;
}

const beforeSeconds = 30 * 60;
const lookSeconds = 15;
/** Prometheus asks every 15 s, and a rate needs a few samples. */
const shortestSeconds = 60;

const queries: Readonly<Record<keyof Reading, (span: string) => string>> = {
  requests: (span) => `sum(increase(http_requests_total[${span}]))`,
  failedRequests: (span) =>
    `sum(increase(http_requests_total{status=~"5.."}[${span}])) or 0 * sum(increase(http_requests_total[${span}]))`,
  p99Seconds: (span) => `histogram_quantile(0.99, sum by (le) (rate(http_request_duration_seconds_bucket[${span}])))`,
  restarts: (span) => `sum(changes(process_start_time_seconds{component=~"api|worker|scheduler"}[${span}]))`,
  oldestJobSeconds: (span) => `max(max_over_time(bullmq_queue_oldest_waiting_seconds[${span}]))`,
  jobs: (span) => `sum(increase(job_duration_seconds_count[${span}]))`,
  failedJobs: (span) => `sum(increase(job_duration_seconds_count{outcome="failed"}[${span}]))`,
};

/**
 * Watches a release for a while, and ends as soon as it is seen to be bad.
 *
 * @returns what was compared, in lines
 * @throws Refusal when it is bad, Inconclusive when too little is known to say
 */
export async function soak({ place, until, from, seconds, tell, signal }: Soaking): Promise<string> {
  const before = until && (await readings(place, until, beforeSeconds));
  const end = from.getTime() + seconds * 1000;
  for (;;) {
    const now = Date.now();
    const span = Math.min(Math.round((now - from.getTime()) / 1000), Math.max(seconds, shortestSeconds));
    if (span >= shortestSeconds) {
      const verdict = judge(before, await readings(place, new Date(now), span));
      if (verdict.state === 'bad') throw new Refusal(`worse than what ran before: ${textOf(verdict, 'bad')}`);
      if (now >= end && verdict.state === 'good') return `as good as what ran before\n${linesOf(verdict)}`;
      if (now >= end) throw new Inconclusive(`too little is known to call it good: ${textOf(verdict, 'unknown')}`);
    }
    tell(`${Math.max(0, Math.round((end - now) / 1000))} s left`);
    await sleep(lookSeconds * 1000, undefined, { signal });
  }
}

/** What made the verdict, in one line, and below it all of it. */
const textOf = (verdict: Verdict, state: Finding['state']): string =>
  `${findingsText(verdict, state)}\n${linesOf(verdict)}`;

const linesOf = ({ findings }: Verdict): string =>
  alignedTable(
    ['MEASURE', 'BEFORE', 'AFTER', 'LIMIT', ''],
    findings.map(({ measure, before, after, limit, state }) => [measure, before, after, limit, state]),
  ).join('\n');

async function readings(place: Place, at: Date, seconds: number): Promise<Reading> {
  const asked = Object.entries(queries).map(async ([name, query]) => [
    name,
    await sampleOf(place, query(`${seconds}s`), at),
  ]);
  return Object.fromEntries(await Promise.all(asked)) as Reading;
}

/** The one value that a query has; undefined where it has none, or none that is a number. */
async function sampleOf(place: Place, query: string, at: Date): Promise<number | undefined> {
  const parameters = new URLSearchParams({ query, time: `${at.getTime() / 1000}` });
  const text = await place.askPrometheus(`/api/v1/query?${parameters}`).catch((error: Error) => {
    throw new CannotTell(`Prometheus cannot be asked how the release does: ${error.message}`);
  });
  const value = Number(JSON.parse(text).data.result[0]?.value[1] ?? Number.NaN);
  return Number.isFinite(value) ? value : undefined;
}
