import type { DatabaseClient } from '../database/pool';
import type { DailyBar } from '../market/daily-bar';
import { byRank, lockWriters, mergeRows, type Origin, type TargetTable, type WriteResult } from './merge-rows';

const table: TargetTable = {
  name: 'stock_data',
  key: ['symbol', 'trade_date'],
  values: ['open', 'high', 'low', 'close', 'pre_close', 'change', 'pct_chg', 'volume', 'amount'],
  partitionedBy: 'trade_date',
  changedAt: 'corrected_at',
  mayReplace: byRank,
};

type BarBatches = Iterable<readonly DailyBar[]> | AsyncIterable<readonly DailyBar[]>;

// Checked bars hold nothing that COPY would have to be protected from.
const copyLine = (bar: DailyBar): string =>
  `${bar.symbol}\t${bar.tradeDate}\t${bar.open}\t${bar.high}\t${bar.low}\t${bar.close}\t${bar.preClose ?? '\\N'}\t${
    bar.change ?? '\\N'
  }\t${bar.changePercent ?? '\\N'}\t${bar.volumeShares}\t${bar.amountYuan}\n`;

async function* linesOf(batches: BarBatches): AsyncGenerator<string> {
  for await (const bars of batches) yield bars.map(copyLine).join('');
}

/** Lists the stocks that only prices are known of; their names follow with the stock list. */
async function listStocks(client: DatabaseClient, { source }: Origin): Promise<void> {
  const { rows } = await client.query<{ symbol: string }>(
    'SELECT symbol FROM incoming EXCEPT SELECT symbol FROM stock',
  );
  if (rows.length === 0) return;
  await lockWriters(client, 'stock');
  await client.query('INSERT INTO stock (symbol, source) SELECT unnest($1::text[]), $2 ON CONFLICT DO NOTHING', [
    rows.map(({ symbol }) => symbol),
    source,
  ]);
}

/**
 * Writes daily bars to stock_data.
 *
 * @param client in a transaction
 * @param batches bars that have passed findBarDefect, each symbol and day at most once
 */
export async function writeDailyBars(
  client: DatabaseClient,
  origin: Origin,
  batches: BarBatches,
): Promise<WriteResult> {
  const result = await mergeRows(client, table, origin, linesOf(batches));
  await listStocks(client, origin);
  return result;
}
