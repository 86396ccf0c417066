import type { Dataset, DatasetRow } from '../market/dataset';
import type { Part, RefusedRow } from '../sources/source';
import { findDefect, findSuspicions } from './check-row';
import type { Defect, MarketKnowledge } from './rules';

/** What tells one row of a dataset from another, and what it is about. */
interface Identity {
  symbol: string | null;
  day: string | null;
  /** What else tells rows of a symbol and a day apart. */
  kind?: string;
}

const identities: { readonly [D in Dataset]: (row: DatasetRow[D]) => Identity } = {
  trade_cal: ({ exchange, day }) => ({ symbol: null, day, kind: exchange }),
  stock_basic: ({ symbol }) => ({ symbol, day: null }),
  symbol_alias: ({ oldSymbol }) => ({ symbol: oldSymbol, day: null }),
  suspend: ({ symbol, day, kind, timing }) => ({ symbol, day, kind: `${kind} ${timing}` }),
  adj_factor: ({ symbol, tradeDate }) => ({ symbol, day: tradeDate }),
  daily: ({ symbol, tradeDate }) => ({ symbol, day: tradeDate }),
  realtime: ({ symbol }) => ({ symbol, day: null }),
};

/** A row that is not stored, with the reason. */
export function refusedRow<D extends Dataset>(dataset: D, row: DatasetRow[D], defect: Defect): RefusedRow {
  const { symbol, day } = identities[dataset](row);
  return { symbol, day, ...defect, row };
}

/** Sources give all they have of these, whatever is asked. */
const wholeDatasets: ReadonlySet<Dataset> = new Set(['trade_cal', 'stock_basic', 'symbol_alias']);

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
  for (const row of rows) {
    const identity = identities[dataset](row);
    const key = `${identity.symbol} ${identity.day} ${identity.kind}`;
    let defect = wholeDatasets.has(dataset) ? undefined : notRequested(identity, part);
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
