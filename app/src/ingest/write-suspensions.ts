import type { DatabaseClient } from '../database/pool';
import type { Suspension } from '../market/dataset';
import { byRank, copyLine, mergeRows, type Origin, type TargetTable, type WriteResult } from './merge-rows';

const table: TargetTable = {
  name: 'suspension',
  key: ['symbol', 'day', 'kind'],
  values: ['timing'],
  mayReplace: byRank,
};

/** Writes suspensions and resumptions. */
export const writeSuspensions = (
  client: DatabaseClient,
  { source, outrankedBy }: Origin,
  suspensions: readonly Suspension[],
): Promise<WriteResult> =>
  mergeRows(
    client,
    table,
    outrankedBy,
    suspensions.map(({ symbol, day, kind, timing }) => copyLine([symbol, day, kind, timing, source])),
  );
