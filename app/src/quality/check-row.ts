import { descriptors } from '../datasets/datasets';
import type { Dataset, DatasetRow } from '../market/dataset';
import type { Defect, MarketKnowledge } from './defects';

const none: ReadonlySet<string> = new Set();

/**
 * The first rule of its dataset that a row breaks; undefined when it may be stored.
 *
 * @param tolerated names of rules that it may break
 * @param onTolerated called with each of these that it breaks
 */
export function findDefect<D extends Dataset>(
  dataset: D,
  row: DatasetRow[D],
  market: MarketKnowledge,
  tolerated: ReadonlySet<string> = none,
  onTolerated: (defect: Defect) => void = () => undefined,
): Defect | undefined {
  for (const rule of descriptors[dataset].rules) {
    const defect = rule(row, market);
    if (defect && !tolerated.has(defect.rule)) return defect;
    if (defect) onTolerated(defect);
  }
  return undefined;
}

/** What is unusual about a row that may be stored. */
export function findSuspicions<D extends Dataset>(dataset: D, row: DatasetRow[D], market: MarketKnowledge): Defect[] {
  const found: Defect[] = [];
  for (const rule of descriptors[dataset].suspicions) {
    const defect = rule(row, market);
    if (defect) found.push(defect);
  }
  return found;
}
