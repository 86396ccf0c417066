import { descriptors } from '../datasets/datasets';
import type { Identity } from '../datasets/descriptor';
import type { Dataset, DatasetRow } from '../market/dataset';
import type { Part, RefusedRow } from '../sources/source';
import { findDefect, findSuspicions } from './check-row';
import type { Defect, MarketKnowledge } from './defects';

/** A row that is not stored, with the reason. */
export function refusedRow<D extends Dataset>(dataset: D, row: DatasetRow[D], defect: Defect): RefusedRow {
  const { symbol, day } = descriptors[dataset].identify(row);
  return { symbol, day, ...defect, row };
}

function notRequested({ symbol, day }: Identity, part: Part): Defect | undefined {
  const isOtherSymbol = symbol !== null && part.symbols !== null && !part.symbols.includes(symbol);
  const isOtherDay = day !== null && (day < part.start || day > part.end);
  if (!isOtherSymbol && !isOtherDay) return undefined;
  return { rule: 'not_requested', reason: `${symbol ?? 'the calendar'} on ${day ?? 'any day'} was not asked for` };
}

/**
 * Sorts the rows of an answer into those to be stored and those that break a rule, each with the first rule it breaks.
 * A row that comes twice is stored once.
 *
 * @returns those to be stored, those refused, and what is unusual about the former
 */
export function checkRows<D extends Dataset>(
  dataset: D,
  part: Part,
  rows: readonly DatasetRow[D][],
  market: MarketKnowledge,
): { accepted: DatasetRow[D][]; refused: RefusedRow[]; unusual: Defect[] } {
  const accepted: DatasetRow[D][] = [];
  const refused: RefusedRow[] = [];
  const unusual: Defect[] = [];
  const seen = new Set<string>();
  const { identify, isGivenWhole } = descriptors[dataset];
  for (const row of rows) {
    const identity = identify(row);
    const key = `${identity.symbol} ${identity.day} ${identity.kind}`;
    let defect = isGivenWhole ? undefined : notRequested(identity, part);
    defect ??= findDefect(dataset, row, market);
    if (!defect && seen.has(key)) {
      defect = { rule: 'duplicate', reason: 'an earlier row of the same answer is about the same' };
    }
    if (defect) refused.push(refusedRow(dataset, row, defect));
    else {
      seen.add(key);
      accepted.push(row);
      unusual.push(...findSuspicions(dataset, row, market));
    }
  }
  return { accepted, refused, unusual };
}
