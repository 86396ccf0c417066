import type { Database } from '../database/pool';
import type { IngestRequest } from '../ingest/ingest-request';
import type { IngestResult } from '../ingest/ingest-result';
import type { HistoricalDataset } from '../market/dataset';
import { type Completeness, findGaps, recordSearch } from '../quality/gaps';
import type { SourceName } from '../sources/source';
import { findChildren, type JobRecord } from './job-store';
import type { JobType } from './job-type';

const symbolsPerChild = 50;
const mostNamed = 100;

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

/** Stocks that the children of a backfill were to load and did not. */
function notLoaded(dataset: HistoricalDataset, children: readonly JobRecord[]): (symbol: string | null) => boolean {
  const requests = children.map((child) => ({ ...child, request: child.request as IngestRequest }));
  const ofDataset = requests.filter(({ request }) => request.dataset === dataset);
  const unfinished = ofDataset.filter(({ state }) => state !== 'completed').map(({ request }) => request.symbols);
  const failed = ofDataset.flatMap(({ result }) => (result as IngestResult | null)?.failed_parts ?? []);
  const symbols = new Set([
    ...unfinished.flatMap((named) => named ?? []),
    ...failed.flatMap((part) => part.symbols ?? []),
  ]);
  const isAnyMarketUnfinished = unfinished.includes(null);
  return (symbol) => isAnyMarketUnfinished || (symbol !== null && symbols.has(symbol));
}

/** What is still missing of a dataset, in trading days of single stocks; what sources did not have is searched in vain. */
async function searchGaps(
  database: Database,
  dataset: HistoricalDataset,
  { symbols, start, end }: BackfillRequest,
  children: readonly JobRecord[],
) {
  const { stocks, unknownDays } = await findGaps(database, { symbols, start, end }, dataset);
  const incomplete = stocks.filter(({ gaps }) => gaps.length > 0);
  const isNotLoaded = notLoaded(dataset, children);
  await recordSearch(
    database,
    dataset,
    incomplete.filter(({ symbol }) => !isNotLoaded(symbol)),
  );
  return { incomplete, unknownDays, given_up: stocks.reduce((sum, stock) => sum + stock.given_up, 0) };
}

const countOf = (stocks: readonly Completeness[]): number => stocks.reduce((sum, { gaps }) => sum + gaps.length, 0);

/** What is missing of each dataset, that of daily bars in more detail. */
async function reportGaps(database: Database, request: BackfillRequest, children: readonly JobRecord[]) {
  const found = await Promise.all(
    request.datasets.map(async (dataset) => ({ dataset, ...(await searchGaps(database, dataset, request, children)) })),
  );
  const bars = found.find(({ dataset }) => dataset === 'daily');
  return {
    gaps: bars ? describeBars(bars) : null,
    missing: Object.fromEntries(found.map(({ dataset, incomplete }) => [dataset, countOf(incomplete)])),
    given_up: Object.fromEntries(found.map(({ dataset, given_up }) => [dataset, given_up])),
  };
}

function describeBars({ incomplete, unknownDays }: { incomplete: readonly Completeness[]; unknownDays: number }) {
  return {
    missing_bars: countOf(incomplete),
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
      ...(await reportGaps(database, request, children)),
    };
  },
};
