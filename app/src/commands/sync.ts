import type { Database } from '../database/pool';
import { descriptors, historicalDescriptors } from '../datasets/datasets';
import { readLatestDay } from '../datasets/latest-days';
import type { IngestResult } from '../ingest/ingest-result';
import type { SubmitContext } from '../jobs/job-context';
import type { JobRecord } from '../jobs/job-store';
import { planRepair } from '../jobs/repair';
import { submitJob } from '../jobs/submit';
import { type Dataset, type HistoricalDataset, historicalDatasets } from '../market/dataset';
import { addDays, dayInShanghai } from '../market/trading-day';
import type { SourceName } from '../sources/source';
import type { BackfillReport } from './backfill';
import { followJob } from './follow-job';
import { plan } from './jobs';
import { withQueue } from './queue';

const daysOfEmptyDataset = 30;
/** The days to load so that a dataset is up to date: from its latest one, which may have been incomplete. */
async function daysToLoad(
  database: Database,
  dataset: Dataset,
  today: string,
): Promise<{ start: string; end: string } | object> {
  const { days, firstDay } = descriptors[dataset];
  if (days === 'none') return {};
  const latest = await readLatestDay(database, dataset);
  if (days === 'past and future') {
    const year = Number(today.slice(0, 4));
    return { start: latest ? `${year}-01-01` : firstDay, end: `${year + 1}-12-31` };
  }
  if (latest && latest <= today) return { start: latest, end: today };
  return { start: addDays(today, -daysOfEmptyDataset), end: today };
}

/** What became of one dataset. */
export interface Synced {
  dataset: Dataset;
  job: JobRecord;
  /** Null unless it is an ingest that completed. */
  result: IngestResult | null;
  /** Null unless it is a repair that completed. */
  repaired: BackfillReport | null;
}

/** Brings datasets up to date, one after the other: each may need the ones before. */
export async function* sync(datasets: readonly Dataset[], source: SourceName | 'auto'): AsyncGenerator<Synced> {
  for (const dataset of datasets) {
    yield await withQueue(async (context) => {
      const days = await daysToLoad(context.database, dataset, dayInShanghai(new Date()));
      const { job } = await submitJob(context, plan({ type: 'ingest', dataset, source, ...days }));
      const finished = await followJob(context.database, job.id, dataset);
      const result = finished.state === 'completed' ? (finished.result as IngestResult) : null;
      return { dataset, job: finished, result, repaired: null };
    });
  }
  for (const dataset of historicalDatasets.filter((historical) => datasets.includes(historical))) {
    const repaired = await withQueue((context) => repair(context, dataset, source));
    if (repaired) yield repaired;
  }
}

/** Loads what a dataset lacks of the days searched, such as a factor that came late. */
async function repair(
  context: SubmitContext,
  dataset: HistoricalDataset,
  source: SourceName | 'auto',
): Promise<Synced | undefined> {
  const today = dayInShanghai(new Date());
  const days = { start: addDays(today, -historicalDescriptors[dataset].daysSearched), end: addDays(today, -1) };
  const planned = await planRepair(context.database, dataset, days, source);
  if (!planned) return undefined;
  const { job } = await submitJob(context, planned);
  const finished = await followJob(context.database, job.id, `what ${dataset} lacks`);
  const repaired = finished.state === 'completed' ? (finished.result as BackfillReport) : null;
  return { dataset, job: finished, result: null, repaired };
}
