import { descriptors } from '../datasets/datasets';
import type { IngestRequest } from '../ingest/ingest-request';
import { type Dataset, type HistoricalDataset, historicalDatasets } from '../market/dataset';
import { parseSymbol } from '../market/symbol';
import type { SourceName } from '../sources/source';
import type { BackfillRequest } from './backfill';
import type { NewJob } from './job-store';
import type { JobTypeName } from './job-types';
import { planJob, priorities } from './submit';

/** A job as a client asks for it, before it is checked. */
export interface JobOrder {
  type: JobTypeName;
  dataset?: Dataset;
  datasets?: Dataset[];
  source?: SourceName | 'auto';
  symbols?: string[];
  start?: string;
  end?: string;
  priority?: number;
}

/** What is asked for cannot be done; the message says what can. */
export class JobRequestError extends Error {}

/** Whether a dataset is asked for by days; a list is asked for as it is now. */
export const hasDays = (dataset: Dataset): boolean => descriptors[dataset].days !== 'none';

/** The symbols in canonical form, each once, in order, so that equal requests are equal in writing. */
const canonicalSymbols = (texts: readonly string[] | undefined): string[] | null =>
  texts ? [...new Set(texts.map(parseSymbol))].sort() : null;

function refuse(reason: string): never {
  throw new JobRequestError(reason);
}

function readDays(dataset: Dataset, { start, end }: JobOrder, today: string): { start: string; end: string } {
  const { days, firstDay } = descriptors[dataset];
  if (days === 'none') {
    if (start !== undefined || end !== undefined) refuse(`${dataset} has no days; leave out start and end`);
    return { start: today, end: today };
  }
  if (start === undefined || end === undefined) refuse(`${dataset} needs start and end, as YYYY-MM-DD`);
  if (start < firstDay) refuse(`start ${start} is before ${firstDay}`);
  if (start > end) refuse(`start ${start} is after end ${end}; swap them`);
  if (days === 'past' && end > today) refuse(`end ${end} is in the future; today in Shanghai is ${today}`);
  return { start, end };
}

function readIngest(order: JobOrder, today: string): NewJob {
  const { dataset = 'daily', datasets, source = 'auto', symbols } = order;
  if (datasets) refuse('an ingest takes one dataset; use dataset, or type backfill for several datasets');
  if (symbols && !descriptors[dataset].takesSymbols)
    refuse(`${dataset} takes no symbols: it is not about single stocks`);
  const request: IngestRequest = {
    dataset,
    source,
    symbols: canonicalSymbols(symbols),
    ...readDays(dataset, order, today),
  };
  return planJob('ingest', request, order.priority ?? priorities.scheduled);
}

const isHistorical = (dataset: Dataset): dataset is HistoricalDataset =>
  (historicalDatasets as readonly Dataset[]).includes(dataset);

function readBackfill(order: JobOrder, today: string): NewJob {
  const { dataset, datasets = [], source = 'auto', symbols } = order;
  if (dataset) refuse('a backfill takes datasets, a list');
  if (datasets.length === 0) refuse(`a backfill needs datasets: ${historicalDatasets.join(', ')}`);
  const other = datasets.find((candidate) => !isHistorical(candidate));
  if (other) refuse(`${other} has no history to fill; a backfill takes ${historicalDatasets.join(', ')}`);
  const request: BackfillRequest = {
    datasets: historicalDatasets.filter((historical) => datasets.includes(historical)),
    source,
    symbols: canonicalSymbols(symbols),
    ...readDays('daily', order, today),
  };
  return planJob('backfill', request, order.priority ?? priorities.backfill);
}

/**
 * The job an order stands for. Orders that mean the same give the same request.
 *
 * @param today in Shanghai, as YYYY-MM-DD
 * @throws JobRequestError when a dataset does not take what is asked; SymbolError for a symbol that is none
 */
export const readJobOrder = (order: JobOrder, today: string): NewJob =>
  order.type === 'ingest' ? readIngest(order, today) : readBackfill(order, today);
