import { UnrecoverableError } from 'bullmq';
import type { Database } from '../database/pool';
import { type DailyBar, findDefect } from '../market/daily-bar';
import type { StockListing } from '../market/dataset';
import { sampleSource } from '../sources/sample';
import type { Call } from '../sources/source';
import { type WriteResult, writeDailyBars } from './write-daily-bars';

/** What an ingest job is asked to load. */
export interface IngestRequest {
  source: string;
  /** Canonical symbols in order; null for every stock of the source. */
  symbols: string[] | null;
  /** First and last day, as YYYY-MM-DD. */
  start: string;
  end: string;
}

/** What an ingest job did, in rows. */
export interface IngestResult extends WriteResult {
  read: number;
  /** Rows the source gave that cannot be stored, with the reason. */
  rejected: { symbol: string; trade_date: string; reason: string }[];
}

const sources = [sampleSource];

/** Names of the sources that can be asked for data. */
export const sourceNames: readonly string[] = sources.map(({ name }) => name);

async function storeListings(database: Database, source: string, listings: StockListing[]): Promise<void> {
  // As with prices, a synthetic listing never replaces a real one.
  await database.query(
    `INSERT INTO stock (symbol, name, industry, list_date, source)
     SELECT symbol, name, industry, list_date, $1
     FROM json_to_recordset($2) AS listing (symbol text, name text, industry text, list_date date)
     ON CONFLICT (symbol) DO UPDATE
     SET name = excluded.name, industry = excluded.industry, list_date = excluded.list_date,
         source = excluded.source, updated_at = now()
     WHERE (stock.name, stock.industry, stock.list_date, stock.source)
           IS DISTINCT FROM (excluded.name, excluded.industry, excluded.list_date, excluded.source)
       AND (excluded.source <> 'sample' OR stock.source = 'sample')`,
    [
      source,
      JSON.stringify(
        listings.map(({ symbol, name, industry, listDate }) => ({ symbol, name, industry, list_date: listDate })),
      ),
    ],
  );
}

/**
 * Fetches the days asked for and stores what changed. Running it twice, or again after it died half-way, ends in the
 * same rows.
 *
 * @param signal stops the work between two stocks; nothing is stored then
 * @throws UnrecoverableError when no later attempt can succeed: a source or symbol that does not exist
 */
export async function ingest(database: Database, request: IngestRequest, signal: AbortSignal): Promise<IngestResult> {
  const source = sources.find(({ name }) => name === request.source);
  if (!source) {
    throw new UnrecoverableError(`there is no source '${request.source}'; known: ${sourceNames.join(', ')}`);
  }
  const call: Call = (request) => request(signal);
  const { stock_basic, daily } = source.fetchers;
  const { rows: listed } = await stock_basic.fetch({ symbols: null, start: request.start, end: request.end }, call);
  const wanted = request.symbols === null ? listed : listed.filter(({ symbol }) => request.symbols?.includes(symbol));
  const unknown = (request.symbols ?? []).filter((symbol) => !listed.some((listing) => listing.symbol === symbol));
  if (unknown.length > 0) {
    throw new UnrecoverableError(`source '${request.source}' does not list ${unknown.join(', ')}`);
  }
  await storeListings(database, request.source, wanted);

  let read = 0;
  const rejected: IngestResult['rejected'] = [];
  async function* batches(): AsyncGenerator<DailyBar[]> {
    for (const { symbol } of wanted) {
      signal.throwIfAborted();
      const { rows: bars } = await daily.fetch({ symbols: [symbol], start: request.start, end: request.end }, call);
      read += bars.length;
      const defects = new Map(bars.map((bar) => [bar, findDefect(bar)]));
      for (const [bar, reason] of defects) {
        if (reason) rejected.push({ symbol, trade_date: bar.tradeDate, reason });
      }
      yield bars.filter((bar) => !defects.get(bar));
    }
    signal.throwIfAborted();
  }
  const written = await writeDailyBars(database, request.source, batches());
  return { read, rejected, ...written };
}
