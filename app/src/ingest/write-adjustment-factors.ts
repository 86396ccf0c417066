import type { DatabaseClient } from '../database/pool';
import type { AdjustmentFactor } from '../market/dataset';
import { byRank, copyLine, mergeRows, type Origin, type TargetTable, type WriteResult } from './merge-rows';

const table: TargetTable = {
  name: 'adjustment_factor',
  key: ['symbol', 'source', 'trade_date'],
  values: ['factor'],
  mayReplace: byRank,
};

/** Writes adjustment factors. */
export const writeAdjustmentFactors = (
  client: DatabaseClient,
  { source }: Origin,
  factors: readonly AdjustmentFactor[],
): Promise<WriteResult> =>
  mergeRows(
    client,
    table,
    // Each source has a series of its own.
    [],
    factors.map(({ symbol, tradeDate, factor }) => copyLine([symbol, source, tradeDate, factor])),
  );
