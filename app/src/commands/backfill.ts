import { statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { JobRecord } from '../jobs/job-store';
import { submitJob } from '../jobs/submit';
import { type Dataset, type HistoricalDataset, historicalDatasets } from '../market/dataset';
import { parseSymbol, SymbolError } from '../market/symbol';
import { UsageError } from '../runtime/usage-error';
import type { SourceName } from '../sources/source';
import { followJob } from './follow-job';
import { plan } from './jobs';
import { withQueue } from './queue';

/** What a backfill is asked to load. */
export interface BackfillOrder {
  datasets: Dataset[] | undefined;
  source: SourceName | 'auto';
  symbols: string[] | undefined;
  start: string;
  end: string;
}

/** What a backfill did. */
export interface BackfillReport {
  children: number;
  completed: number;
  gaps: { missing_bars: number; stocks_with_gaps: number } | null;
  /** Rows that are still missing of each dataset. */
  missing: Partial<Record<HistoricalDataset, number>>;
  unsuccessful: { request: { dataset: HistoricalDataset; start: string; end: string }; error: string | null }[];
}

/** The symbols in a file, separated by white space or commas. @throws UsageError when it holds none */
export async function readSymbolsFile(file: string): Promise<string[]> {
  if (!statSync(file, { throwIfNoEntry: false })?.isFile()) throw new UsageError(`there is no file '${file}'`);
  const texts = (await readFile(file, 'utf8')).split(/[\s,]+/).filter((text) => text !== '');
  if (texts.length === 0) throw new UsageError(`'${file}' names no symbol; write one on each line`);
  try {
    return texts.map(parseSymbol);
  } catch (error) {
    throw error instanceof SymbolError ? new UsageError(`${file}: ${error.message}`) : error;
  }
}

/**
 * Submits a backfill, or finds the unfinished one that asks for the same, and waits for it unless told not to.
 *
 * @param onAccepted called once the job is recorded
 * @throws UsageError when what is asked cannot be done
 */
export async function backfill(
  order: BackfillOrder,
  isAwaited: boolean,
  onAccepted: (job: JobRecord, isNew: boolean) => void,
): Promise<JobRecord | undefined> {
  const planned = plan({ type: 'backfill', ...order, datasets: order.datasets ?? [...historicalDatasets] });
  return withQueue(async (context) => {
    const { job, isNew } = await submitJob(context, planned);
    onAccepted(job, isNew);
    return isAwaited ? followJob(context.database, job.id, 'loading') : undefined;
  });
}
