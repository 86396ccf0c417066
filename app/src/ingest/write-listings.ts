import type { DatabaseClient } from '../database/pool';
import { sql } from '../database/sql';
import type { StockListing } from '../market/dataset';
import { searchTextOf } from '../market/stock-search';
import { byRank, copyLine, mergeRows, type Origin, type TargetTable, type WriteResult } from './merge-rows';

const table: TargetTable = {
  name: 'stock',
  key: ['symbol'],
  values: ['name', 'search', 'area', 'industry', 'list_status', 'list_date', 'delist_date'],
  changedAt: 'updated_at',
  // A stock without a name is known by its prices alone; any list says more.
  mayReplace: sql`(${byRank} OR stored.name IS NULL)`,
};

/** Writes the list of stocks. */
export async function writeListings(
  client: DatabaseClient,
  { source, outrankedBy }: Origin,
  listings: readonly StockListing[],
): Promise<WriteResult> {
  const lines: string[] = [];
  for (const { symbol, name, area, industry, status, listDate, delistDate } of listings) {
    const search = await searchTextOf(name);
    lines.push(copyLine([symbol, name, search, area, industry, status, listDate, delistDate, source]));
  }
  return mergeRows(client, table, outrankedBy, lines);
}
