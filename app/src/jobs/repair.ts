import type { Database } from '../database/pool';
import type { HistoricalDataset } from '../market/dataset';
import { findGaps } from '../quality/gaps';
import type { SourceName } from '../sources/source';
import type { BackfillRequest } from './backfill';
import type { NewJob } from './job-store';
import { planJob, priorities } from './submit';

const mostStocksNamed = 500;

/**
 * The backfill of what a dataset lacks: for the stocks that lack something, or for all when many do.
 *
 * @returns undefined when nothing is missing
 */
export async function planRepair(
  database: Database,
  dataset: HistoricalDataset,
  days: { start: string; end: string },
  source: SourceName | 'auto' = 'auto',
): Promise<NewJob | undefined> {
  const { stocks } = await findGaps(database, { symbols: null, ...days }, dataset);
  const incomplete = stocks.filter(({ gaps }) => gaps.length > 0);
  const missing = incomplete.flatMap(({ gaps }) => gaps).sort();
  const [start, end] = [missing[0], missing.at(-1)];
  if (start === undefined || end === undefined) return undefined;
  const named = incomplete.flatMap(({ symbol }) => symbol ?? []);
  const symbols = named.length > 0 && named.length <= mostStocksNamed ? named : null;
  const request: BackfillRequest = { datasets: [dataset], source, symbols, start, end };
  return planJob('backfill', request, priorities.backfill);
}
