import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { from as copyFrom } from 'pg-copy-streams';
import { type Database, inTransaction } from '../database/pool';
import type { DailyBar } from '../market/daily-bar';

/** What a write did to stock_data, in rows. */
export interface WriteResult {
  inserted: number;
  updated: number;
  unchanged: number;
  /** Symbols with at least one row inserted or updated. */
  changedSymbols: string[];
}

const columns = 'symbol, trade_date, open, high, low, close, pre_close, change, pct_chg, volume, amount';

const values = ['open', 'high', 'low', 'close', 'pre_close', 'change', 'pct_chg', 'volume', 'amount', 'source'];
const listOf = (prefix: string) => values.map((value) => `${prefix}.${value}`).join(', ');

// A synthetic row never replaces one that came from a market; a row that says the same is not written again.
const upsert = `
  WITH written AS (
    INSERT INTO stock_data (${columns}, source)
    SELECT ${columns}, $1 FROM incoming ORDER BY symbol, trade_date
    ON CONFLICT (symbol, trade_date) DO UPDATE
    SET ${values.map((value) => `${value} = excluded.${value}`).join(', ')}, corrected_at = now()
    WHERE (${listOf('stock_data')}) IS DISTINCT FROM (${listOf('excluded')})
      AND (excluded.source <> 'sample' OR stock_data.source = 'sample')
    RETURNING symbol, corrected_at IS NULL AS is_new
  )
  SELECT count(*) FILTER (WHERE is_new)::int AS inserted,
         count(*) FILTER (WHERE NOT is_new)::int AS updated,
         coalesce(array_agg(DISTINCT symbol), '{}') AS changed_symbols
  FROM written`;

const copyRow = (bar: DailyBar): string =>
  `${bar.symbol}\t${bar.tradeDate}\t${bar.open}\t${bar.high}\t${bar.low}\t${bar.close}\t${bar.preClose ?? '\\N'}\t${
    bar.change ?? '\\N'
  }\t${bar.changePercent ?? '\\N'}\t${bar.volumeShares}\t${bar.amountYuan}\n`;

/**
 * Writes bars in one transaction: copied into a staging table, then merged so that only new and different rows are
 * written. Either all of it is stored or nothing.
 *
 * @param source name stored with every row
 * @param batches bars that have passed findDefect, each symbol and day at most once
 */
export async function writeDailyBars(
  database: Database,
  source: string,
  batches: AsyncIterable<DailyBar[]>,
): Promise<WriteResult> {
  return inTransaction(database, async (client) => {
    await client.query(`CREATE TEMP TABLE incoming ON COMMIT DROP AS SELECT ${columns} FROM stock_data WITH NO DATA`);
    let staged = 0;
    async function* rows() {
      for await (const batch of batches) {
        staged += batch.length;
        yield batch.map(copyRow).join('');
      }
    }
    await pipeline(Readable.from(rows()), client.query(copyFrom(`COPY incoming (${columns}) FROM STDIN`)));
    await client.query('ANALYZE incoming');
    await client.query(
      'INSERT INTO stock (symbol, source) SELECT DISTINCT symbol, $1 FROM incoming ORDER BY symbol ON CONFLICT DO NOTHING',
      [source],
    );
    const { rows: results } = await client.query<{ inserted: number; updated: number; changed_symbols: string[] }>(
      upsert,
      [source],
    );
    const { inserted = 0, updated = 0, changed_symbols = [] } = results[0] ?? {};
    return { inserted, updated, unchanged: staged - inserted - updated, changedSymbols: changed_symbols };
  });
}
