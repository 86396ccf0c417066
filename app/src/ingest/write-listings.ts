import type { DatabaseClient } from '../database/pool';
import { sql } from '../database/sql';
import type { StockListing } from '../market/dataset';
import { byRank, copyLine, mergeRows, type Origin, type TargetTable, type WriteResult } from './merge-rows';

const table: TargetTable = {
  name: 'stock',
  key: ['symbol'],
  values: ['name', 'area', 'industry', 'list_status', 'list_date', 'delist_date'],
  changedAt: 'updated_at',
  // A stock without a name is known by its prices alone; any list says more.
  mayReplace: sql`(${byRank} OR stored.name IS NULL)`,
};

/** Writes the list of stocks. */
export const writeListings = (
  client: DatabaseClient,
  { source, outrankedBy }: Origin,
  listings: readonly StockListing[],
): Promise<WriteResult> =>
  mergeRows(
    client,
    table,
    outrankedBy,
    listings.map(({ symbol, name, area, industry, status, listDate, delistDate }) =>
      copyLine([symbol, name, area, industry, status, listDate, delistDate, source]),
    ),
  );
