import { type Database, type DatabaseClient, inTransaction } from '../database/pool';
import { sql } from '../database/sql';
import type { WriteResult } from '../ingest/merge-rows';
import { outrankedBy } from '../ingest/rank';
import { type BarsOfOrigin, writeBarsOfOrigins } from '../ingest/write-daily-bars';
import { readNewSymbols } from '../market/new-symbols';
import { readCalendar } from '../market/trading-calendar';
import type { MarketKnowledge } from '../quality/defects';
import type { SourceName } from '../sources/source';
import { BarReader, type RuleCounts } from './bar-reader';
import { readCsv } from './csv-records';
import type { RejectsFile } from './rejects-file';

/** What became of a file, in rows: accepted + rejected = read, and inserted + updated + unchanged = accepted. */
export interface ImportResult extends WriteResult {
  read: number;
  accepted: number;
  rejected: number;
  /** Rejected rows by the rule they break. */
  rejectedBy: RuleCounts;
  /** Accepted rows that break a rule they were allowed to. */
  toleratedBy: RuleCounts;
  /** Accepted rows that are unusual, such as beyond the price limit. */
  unusualBy: RuleCounts;
  /** Where the rejected rows are; null when there are none. */
  rejectsFile: string | null;
  /** How many of them are there. */
  rejectsWritten: number;
}

interface ImportOptions {
  /** The text of the file. */
  text: AsyncIterable<string>;
  rejects: RejectsFile;
  /** The current day in Shanghai, as YYYY-MM-DD. */
  today: string;
  /** The order of sources for daily bars: a row of the file takes the place of the source it is of. */
  priority: readonly SourceName[];
  /** Names of the rules of data quality that rows may break. */
  tolerated: ReadonlySet<string>;
  /** Looks at everything and stores nothing. */
  isTrial: boolean;
  /** Called before the rows are stored for good; nothing is stored when it throws. */
  beforeCommit: () => Promise<void>;
  /** Gives the import up. */
  signal: AbortSignal;
}

const firstDay = '1990-01-01';

/** What is known of the market, but for what the sample invents. */
async function readMarket(database: Database, today: string): Promise<MarketKnowledge> {
  const stocks = await database.query<{ symbol: string; list_date: string }>(
    sql`SELECT symbol, list_date FROM stock WHERE list_date IS NOT NULL`,
  );
  const listDates = new Map(stocks.rows.map(({ symbol, list_date }) => [symbol, list_date]));
  return {
    today,
    isOpen: await readCalendar(database, firstDay, today, 'sample'),
    listDate: (symbol) => listDates.get(symbol),
  };
}

/** Carries a result out of a transaction that is not to be committed. */
class Trial extends Error {
  constructor(readonly result: WriteResult) {
    super('nothing is stored');
  }
}

async function store(
  database: Database,
  { isTrial, signal }: Pick<ImportOptions, 'isTrial' | 'signal'>,
  write: (client: DatabaseClient) => Promise<WriteResult>,
): Promise<WriteResult> {
  try {
    return await inTransaction(
      database,
      async (client) => {
        const result = await write(client);
        if (isTrial) throw new Trial(result);
        return result;
      },
      signal,
    );
  } catch (error) {
    if (error instanceof Trial) return error.result;
    throw error;
  }
}

/**
 * Loads a CSV file of daily bars into stock_data. Rows that cannot be stored go to a file of their own; the others are
 * stored in one transaction, by the rules and in the rank of the source they are of. Loading the same file again writes
 * nothing.
 *
 * @throws CsvFormatError when the input is not such a file
 */
export async function importFile(database: Database, options: ImportOptions): Promise<ImportResult> {
  const { text, rejects, today, priority, tolerated, beforeCommit } = options;
  const market = await readMarket(database, today);
  const reader = new BarReader({ market, newSymbols: await readNewSymbols(database), tolerated });

  async function* batches(): AsyncGenerator<BarsOfOrigin> {
    for await (const records of readCsv(text)) {
      const { bars, rejected } = reader.read(records);
      await rejects.write(rejected);
      for (const [source, ofSource] of bars) {
        yield { origin: { source, outrankedBy: outrankedBy(source, priority) }, bars: ofSource };
      }
    }
    reader.end();
  }

  const written = await store(database, options, async (client) => {
    const result = await writeBarsOfOrigins(client, batches());
    await beforeCommit();
    await rejects.keep();
    return result;
  });
  const rejected = reader.rejected.total;
  return {
    read: reader.accepted + rejected,
    accepted: reader.accepted,
    rejected,
    rejectedBy: reader.rejected,
    toleratedBy: reader.tolerated,
    unusualBy: reader.unusual,
    rejectsFile: rejects.name,
    rejectsWritten: rejects.written,
    ...written,
  };
}
