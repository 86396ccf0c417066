import type { DatabaseClient } from '../database/pool';
import { sql } from '../database/sql';
import type { Quote } from '../market/dataset';
import { byRank, copyLine, mergeRows, type Origin, type TargetTable, type WriteResult } from './merge-rows';

const table: TargetTable = {
  name: 'quote',
  key: ['symbol'],
  values: ['price', 'open', 'high', 'low', 'pre_close', 'volume', 'amount', 'quoted_at'],
  carried: ['batch'],
  mayReplace: sql`${byRank} AND incoming.quoted_at >= stored.quoted_at`,
};

/** Writes quotes as one collection, with a number of its own. */
export async function writeQuotes(
  client: DatabaseClient,
  { source, outrankedBy }: Origin,
  quotes: readonly Quote[],
): Promise<WriteResult> {
  const { rows } = await client.query<{ batch: string }>(sql`SELECT nextval('quote_batch_number') AS batch`);
  const batch = rows[0]?.batch ?? null;
  return mergeRows(
    client,
    table,
    // The latest quote counts, whichever real source has it.
    source === 'sample' ? outrankedBy : [],
    quotes.map(({ symbol, price, open, high, low, preClose, volumeShares, amountYuan, quotedAt }) =>
      copyLine([symbol, price, open, high, low, preClose, volumeShares, amountYuan, quotedAt, batch, source]),
    ),
  );
}
