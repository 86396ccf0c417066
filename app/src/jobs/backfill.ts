import type { Database } from '../database/pool';
import type { Dataset } from '../market/dataset';
import { findGaps } from '../quality/gaps';
import type { SourceName } from '../sources/source';
import { findChildren } from './job-store';
import type { JobType } from './job-types';

const symbolsPerChild = 50;
const mostNamed = 100;

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

/** What is still missing of the daily bars, in trading days of single stocks. */
async function reportGaps(database: Database, { symbols, start, end }: BackfillRequest) {
  const { stocks, unknownDays } = await findGaps(database, { symbols, start, end });
  const incomplete = stocks.filter(({ gaps }) => gaps.length > 0);
  return {
    missing_bars: incomplete.reduce((sum, { gaps }) => sum + gaps.length, 0),
    stocks_with_gaps: incomplete.length,
    stocks: incomplete.slice(0, mostNamed).map(({ symbol, gaps }) => ({
      symbol,
      missing: gaps.length,
      first: gaps[0],
      last: gaps.at(-1),
    })),
    days_not_in_calendar: unknownDays,
  };
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
  async run({ database }, { id, request }) {
    const children = await findChildren(database, id);
    const unsuccessful = children.filter(({ state }) => state !== 'completed');
    return {
      children: children.length,
      completed: children.length - unsuccessful.length,
      unsuccessful: unsuccessful
        .slice(0, mostNamed)
        .map((child) => ({ job_id: child.id, state: child.state, request: child.request, error: child.error })),
      gaps: request.datasets.includes('daily') ? await reportGaps(database, request) : null,
    };
  },
};
