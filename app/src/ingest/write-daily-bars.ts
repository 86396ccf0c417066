import type { DatabaseClient } from '../database/pool';
import { sql } from '../database/sql';
import type { DailyBar } from '../market/daily-bar';
import {
  byRank,
  copyRows,
  lockWriters,
  mergeRows,
  type Origin,
  type TargetTable,
  type WriteResult,
} from './merge-rows';

const rowsPerChunk = 50_000;

const table = {
  name: 'stock_data',
  key: ['symbol', 'trade_date'],
  values: ['open', 'high', 'low', 'close', 'pre_close', 'change', 'pct_chg', 'volume', 'amount'],
  narrowedBy: ['symbol', 'trade_date'],
  changedAt: 'corrected_at',
  mayReplace: byRank,
} satisfies TargetTable;

/** Bars of one source. */
export interface BarsOfOrigin {
  origin: Origin;
  bars: readonly DailyBar[];
}

type Batches<T> = Iterable<T> | AsyncIterable<T>;

const columns = [...table.key, ...table.values, 'source'];

// Checked bars hold nothing that COPY would have to be protected from.
const copyLine = (bar: DailyBar, source: string): string =>
  `${bar.symbol}\t${bar.tradeDate}\t${bar.open}\t${bar.high}\t${bar.low}\t${bar.close}\t${bar.preClose ?? '\\N'}\t${
    bar.change ?? '\\N'
  }\t${bar.changePercent ?? '\\N'}\t${bar.volumeShares}\t${bar.amountYuan}\t${source}\n`;

/** Bars of one source to be written together, with the days they span of each symbol. */
class Chunk {
  rows = 0;
  readonly #texts: Buffer[] = [];
  readonly #spans = new Map<string, { first: string; last: string }>();

  constructor(readonly origin: Origin) {}

  get symbols(): string[] {
    return [...this.#spans.keys()];
  }

  add(bars: readonly DailyBar[]): void {
    let text = '';
    for (const bar of bars) {
      text += copyLine(bar, this.origin.source);
      this.#extendSpan(bar);
    }
    this.rows += bars.length;
    // Outside of JavaScript's heap, where thousands of waiting rows would cost more to keep than to read.
    this.#texts.push(Buffer.from(text));
  }

  #extendSpan({ symbol, tradeDate }: DailyBar): void {
    const span = this.#spans.get(symbol);
    if (!span) this.#spans.set(symbol, { first: tradeDate, last: tradeDate });
    else if (tradeDate < span.first) span.first = tradeDate;
    else if (tradeDate > span.last) span.last = tradeDate;
  }

  async write(client: DatabaseClient): Promise<WriteResult> {
    if (await this.#isPartlyStored(client)) return mergeRows(client, table, this.origin.outrankedBy, this.#texts);
    const inserted = await copyRows(client, table.name, columns, this.#texts);
    return { inserted, updated: 0, unchanged: 0, changedSymbols: this.symbols };
  }

  /** Whether anything is stored, or may be, of the days of one of the symbols. */
  async #isPartlyStored(client: DatabaseClient): Promise<boolean> {
    const symbols = this.symbols.sort();
    const spans = [...this.#spans.values()];
    const { rows } = await client.query<{ symbol: string; first: string; last: string }>(
      sql`SELECT symbol, min(trade_date) AS first, max(trade_date) AS last FROM stock_data
       WHERE symbol BETWEEN $1 AND $2 AND trade_date BETWEEN $3 AND $4
       GROUP BY symbol`,
      [
        symbols[0],
        symbols.at(-1),
        spans.map(({ first }) => first).sort()[0],
        spans
          .map(({ last }) => last)
          .sort()
          .at(-1),
      ],
    );
    return rows.some(({ symbol, first, last }) => {
      const span = this.#spans.get(symbol);
      return span !== undefined && first <= span.last && last >= span.first;
    });
  }
}

async function* chunksOf(batches: Batches<BarsOfOrigin>): AsyncGenerator<Chunk> {
  const chunks = new Map<string, Chunk>();
  for await (const { origin, bars } of batches) {
    const chunk = chunks.get(origin.source) ?? new Chunk(origin);
    chunks.set(origin.source, chunk);
    chunk.add(bars);
    if (chunk.rows < rowsPerChunk) continue;
    yield chunk;
    chunks.delete(origin.source);
  }
  for (const chunk of chunks.values()) if (chunk.rows > 0) yield chunk;
}

/** Lists the stocks that only prices are known of; their names follow with the stock list. */
async function listStocks(client: DatabaseClient, source: string, symbols: Iterable<string>): Promise<void> {
  const { rows } = await client.query<{ symbol: string }>(
    sql`SELECT symbol FROM unnest($1::text[]) AS symbol EXCEPT SELECT symbol FROM stock`,
    [[...symbols]],
  );
  if (rows.length === 0) return;
  await lockWriters(client, 'stock');
  await client.query(sql`INSERT INTO stock (symbol, source) SELECT unnest($1::text[]), $2 ON CONFLICT DO NOTHING`, [
    rows.map(({ symbol }) => symbol),
    source,
  ]);
}

/**
 * Writes daily bars to stock_data, a chunk while the next one is read. Where nothing is stored of the days and symbols
 * of a chunk, its rows are copied straight into the table.
 *
 * @param client in a transaction
 * @param batches bars that have passed findBarDefect, each symbol and day at most once
 */
export async function writeBarsOfOrigins(client: DatabaseClient, batches: Batches<BarsOfOrigin>): Promise<WriteResult> {
  const total = { inserted: 0, updated: 0, unchanged: 0 };
  const symbols = new Map<string, Set<string>>();
  const changedSymbols = new Set<string>();
  await lockWriters(client, table.name);
  const chunks = chunksOf(batches);
  let next = chunks.next();
  for (let current = await next; !current.done; current = await next) {
    next = chunks.next();
    // Its error is met when its turn comes.
    next.catch(() => undefined);
    const chunk = current.value;
    const written = await chunk.write(client);
    total.inserted += written.inserted;
    total.updated += written.updated;
    total.unchanged += written.unchanged;
    const { source } = chunk.origin;
    symbols.set(source, new Set([...(symbols.get(source) ?? []), ...chunk.symbols]));
    for (const symbol of written.changedSymbols) changedSymbols.add(symbol);
  }
  for (const [source, ofSource] of symbols) await listStocks(client, source, ofSource);
  return { ...total, changedSymbols: [...changedSymbols].sort() };
}

/**
 * Writes daily bars of one source, as {@link writeBarsOfOrigins} does.
 *
 * @param client in a transaction
 */
export async function writeDailyBars(
  client: DatabaseClient,
  origin: Origin,
  batches: Batches<readonly DailyBar[]>,
): Promise<WriteResult> {
  async function* ofOrigin() {
    for await (const bars of batches) yield { origin, bars };
  }
  return writeBarsOfOrigins(client, ofOrigin());
}
