import type { Dataset } from '../market/dataset';
import type { SourceName } from '../sources/source';
import { findChildren } from './job-store';
import type { JobType } from './job-types';

const symbolsPerChild = 50;
const maxFailuresNamed = 100;

/** Datasets with a history: a row for each stock and day. */
export const historicalDatasets = ['suspend', 'adj_factor', 'daily'] as const satisfies Dataset[];
export type HistoricalDataset = (typeof historicalDatasets)[number];

/** What a backfill is asked to load. */
export interface BackfillRequest {
  datasets: HistoricalDataset[];
  source: SourceName | 'auto';
  /** Canonical symbols in order; null for the whole market. */
  symbols: string[] | null;
  /** First and last day, as YYYY-MM-DD. */
  start: string;
  end: string;
}

/** The months from start to end, the first and the last cut to fit. */
function* months(start: string, end: string): Generator<{ start: string; end: string }> {
  for (let first = start; first <= end; ) {
    const [year = 0, month = 0] = first.split('-').map(Number);
    const lastOfMonth = new Date(Date.UTC(year, month, 0)).toISOString().slice(0, 10);
    yield { start: first, end: lastOfMonth < end ? lastOfMonth : end };
    first = new Date(Date.UTC(year, month, 1)).toISOString().slice(0, 10);
  }
}

function* chunks<T>(items: readonly T[], size: number): Generator<T[]> {
  for (let start = 0; start < items.length; start += size) yield items.slice(start, start + size);
}

/** The parts a backfill is cut into: months of the whole market, or the whole time of some stocks. */
function parts({ symbols, start, end }: BackfillRequest): { symbols: string[] | null; start: string; end: string }[] {
  return symbols === null
    ? [...months(start, end)].map((month) => ({ symbols: null, ...month }))
    : [...chunks(symbols, symbolsPerChild)].map((chunk) => ({ symbols: chunk, start, end }));
}

/** Loads history: one ingest for each part of each dataset, and at the end a report. */
export const backfillJob: JobType<BackfillRequest> = {
  children: (request) =>
    request.datasets.flatMap((dataset) =>
      parts(request).map((part) => ({
        type: 'ingest',
        request: { dataset, source: request.source, ...part },
      })),
    ),
  async run({ database }, { id }) {
    const children = await findChildren(database, id);
    const unsuccessful = children.filter(({ state }) => state !== 'completed');
    return {
      children: children.length,
      completed: children.length - unsuccessful.length,
      unsuccessful: unsuccessful
        .slice(0, maxFailuresNamed)
        .map(({ id, state, request, error }) => ({ job_id: id, state, request, error })),
    };
  },
};
