import { type Dataset, datasets } from '../market/dataset';
import { type SourceName, sourceNames } from './source';

/** Which sources are asked for a dataset, in order: the next when the one before does not answer. */
export type SourcePriority = Readonly<Record<Dataset, readonly SourceName[]>>;

const isSource = (name: string): name is SourceName => (sourceNames as readonly string[]).includes(name);
const isDataset = (name: string): name is Dataset => (datasets as readonly string[]).includes(name);

function readNames(text: string): SourceName[] | undefined {
  const names = text.split(',').map((name) => name.trim());
  return names.every(isSource) && new Set(names).size === names.length ? names : undefined;
}

/**
 * Reads an order such as `tushare,akshare; realtime=akshare`: one for every dataset, then exceptions.
 *
 * @returns undefined when the text names something that is no dataset or source, or a source twice
 */
export function parseSourcePriority(text: string): SourcePriority | undefined {
  const [general = '', ...exceptions] = text.split(';');
  const names = readNames(general);
  if (!names) return undefined;
  const priority = Object.fromEntries(datasets.map((dataset) => [dataset, names])) as Record<Dataset, SourceName[]>;
  for (const exception of exceptions) {
    const [dataset = '', order = ''] = exception.split('=').map((part) => part.trim());
    const special = readNames(order);
    if (!special || !isDataset(dataset)) return undefined;
    priority[dataset] = special;
  }
  return priority;
}
