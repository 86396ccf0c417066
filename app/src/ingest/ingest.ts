import type { Logger } from 'pino';
import type { AnswerCache } from '../answer-cache';
import { type Database, type DatabaseClient, inTransaction } from '../database/pool';
import { sql } from '../database/sql';
import type { Dataset, DatasetRow } from '../market/dataset';
import { readNewSymbols } from '../market/new-symbols';
import { dayInShanghai } from '../market/trading-day';
import type { JobMetrics } from '../metrics';
import { checkRows } from '../quality/check-rows';
import { quarantine } from '../quality/quarantine';
import type { MarketKnowledge } from '../quality/rules';
import type { SourcePriority } from '../sources/priority';
import type { Answer, MarketDataSource, Part, SourceName } from '../sources/source';
import type { SourceAccess } from '../sources/source-access';
import { SourceError, type SourceErrorKind } from '../sources/source-error';
import { addCheckpoint, type Checkpoint, findCheckpoints, isStored, type RowCounts, remainderOf } from './checkpoint';
import { finishRun, startRun } from './ingest-run';
import type { Origin, WriteResult } from './merge-rows';
import { cutIntoParts } from './parts';
import { outrankedBy } from './rank';
import { writeAdjustmentFactors } from './write-adjustment-factors';
import { writeAliases } from './write-aliases';
import { writeCalendar } from './write-calendar';
import { writeDailyBars } from './write-daily-bars';
import { writeListings } from './write-listings';
import { writeQuotes } from './write-quotes';
import { writeSuspensions } from './write-suspensions';

/** What an ingest job is asked to load. */
export interface IngestRequest {
  dataset: Dataset;
  /** One source, or the configured ones in order. */
  source: SourceName | 'auto';
  /** Canonical symbols in order; null for every stock. */
  symbols: string[] | null;
  /** First and last day, as YYYY-MM-DD. */
  start: string;
  end: string;
}

/** A source that was asked and did not answer. */
export interface FailedSource {
  source: SourceName;
  kind: SourceErrorKind;
  reason: string;
}

/** What an ingest job did, in rows. */
export interface IngestResult extends RowCounts {
  /** The source the rows come from; mixed when several answered. */
  source: SourceName | 'mixed' | null;
  fallback_from: FailedSource[];
}

/** What an ingest works with. */
export interface IngestContext {
  database: Database;
  access: Pick<SourceAccess, 'candidates' | 'fetch'>;
  priority: SourcePriority;
  cache: AnswerCache | undefined;
  metrics: Pick<JobMetrics, 'rows' | 'violations'>;
  logger: Logger;
}

type Write<Row> = (client: DatabaseClient, origin: Origin, rows: readonly Row[]) => Promise<WriteResult>;

const writers: { readonly [D in Dataset]: Write<DatasetRow[D]> } = {
  trade_cal: writeCalendar,
  stock_basic: writeListings,
  symbol_alias: writeAliases,
  suspend: writeSuspensions,
  adj_factor: writeAdjustmentFactors,
  daily: (client, origin, bars) => writeDailyBars(client, origin, [bars]),
  realtime: writeQuotes,
};

/**
 * Loads what is asked and stores what changed, part by part. A source that fails is followed by the next one, which is
 * asked for what is still missing. Running it twice, or again after it died half-way, ends in the same rows.
 *
 * @param jobId the job whose checkpoints say what is stored already
 * @param signal stops the work, be it at a request or a statement; stored parts stay
 * @throws SourceError when no source answered
 */
export async function ingest(
  context: IngestContext,
  request: IngestRequest,
  { jobId, signal }: { jobId: string | undefined; signal: AbortSignal },
): Promise<IngestResult> {
  const { database } = context;
  const wanted = { symbols: request.symbols, start: request.start, end: request.end };
  const earlier = jobId === undefined ? [] : await findCheckpoints(database, jobId, wanted);
  const runId = await startRun(database, request, jobId);
  const attempt = new Ingest(context, request, wanted, jobId, signal, earlier);
  try {
    await attempt.load();
  } catch (error) {
    await finishRun(database, runId, attempt.resultOfAttempt(), error as Error);
    throw error;
  }
  await finishRun(database, runId, attempt.resultOfAttempt());
  return attempt.result();
}

/** One attempt at a request. */
class Ingest<D extends Dataset> {
  readonly #stored: Checkpoint[] = [];
  readonly #failed: FailedSource[] = [];
  #market: MarketKnowledge | undefined;
  #newSymbols: ReadonlyMap<string, string> = new Map();

  constructor(
    readonly context: IngestContext,
    readonly request: IngestRequest & { dataset: D },
    readonly wanted: Part,
    readonly jobId: string | undefined,
    readonly signal: AbortSignal,
    readonly earlier: readonly Checkpoint[],
  ) {}

  /** What the job did, in this and in earlier attempts. */
  result = (): IngestResult => summarize([...this.earlier, ...this.#stored], this.#failed);

  resultOfAttempt = (): IngestResult => summarize(this.#stored, this.#failed);

  async load(): Promise<void> {
    const { access, database, logger } = this.context;
    const { dataset } = this.request;
    this.#market = await readMarket(database, dataset, this.wanted);
    this.#newSymbols = await readNewSymbols(database);
    const errors: SourceError[] = [];
    for (const source of access.candidates(dataset, this.request.source)) {
      try {
        return await this.#loadFrom(source);
      } catch (error) {
        this.signal.throwIfAborted();
        if (!(error instanceof SourceError)) throw error;
        errors.push(error);
        this.#failed.push({ source: source.name, kind: error.kind, reason: error.message });
        logger.warn({ err: error, dataset, source: source.name, job_id: this.jobId }, 'source did not answer');
      }
    }
    throw mostTelling(errors);
  }

  async #loadFrom(source: MarketDataSource): Promise<void> {
    const parts = await this.#missingParts(source);
    const leaving = new AbortController();
    const signal = AbortSignal.any([this.signal, leaving.signal]);
    const ask = (part: Part) => this.context.access.fetch(source, this.request.dataset, part, signal);
    try {
      for await (const [part, answer] of askAhead(parts, ask)) await this.#store(source.name, part, answer);
    } finally {
      leaving.abort();
    }
  }

  async #missingParts(source: MarketDataSource): Promise<Part[]> {
    const { database } = this.context;
    const { dataset } = this.request;
    const partBy = source.fetchers[dataset]?.partBy ?? 'whole';
    // No series of factors is made of two sources, so what another one gave does not count.
    const stored = [...this.earlier, ...this.#stored].filter(
      (checkpoint) => dataset !== 'adj_factor' || checkpoint.source === source.name,
    );
    const remainder = remainderOf(this.wanted, stored);
    let parts = await cutIntoParts(database, source.name, partBy, remainder);
    if (parts.length === 0 && partBy === 'symbol' && this.wanted.symbols === null) {
      const listings: IngestRequest = { ...this.request, dataset: 'stock_basic', symbols: null };
      await ingest(this.context, listings, { jobId: undefined, signal: this.signal });
      parts = await cutIntoParts(database, source.name, partBy, remainder);
    }
    return parts.filter((part) => !isStored(part, stored));
  }

  /** Stores a part in one transaction with the note that it is stored. */
  async #store(source: SourceName, part: Part, answer: Answer<DatasetRow[D]>): Promise<void> {
    const { database, priority, cache, metrics, logger } = this.context;
    const { dataset } = this.request;
    this.#requireBars(source, part, answer);
    const rows = answer.rows.map((row) => this.#underNewSymbol(row));
    const { accepted, refused, unusual } = checkRows(dataset, part, rows, this.#market as MarketKnowledge);
    const quarantined = [...answer.refused, ...refused];
    const checkpoint = await inTransaction(
      database,
      async (client) => {
        const origin = { source, outrankedBy: outrankedBy(source, priority[dataset]) };
        const { changedSymbols, ...written } = await writers[dataset](client, origin, accepted);
        await quarantine(client, { dataset, source, jobId: this.jobId }, quarantined);
        const counts = { read: rows.length + answer.refused.length, ...written, quarantined: quarantined.length };
        if (this.jobId) await addCheckpoint(client, this.jobId, this.wanted, { part, source, counts });
        return { part, source, counts, changedSymbols };
      },
      this.signal,
    );
    this.#stored.push(checkpoint);
    await (dataset === 'realtime' ? cache?.invalidateQuotes() : cache?.invalidate(checkpoint.changedSymbols));
    for (const result of ['inserted', 'updated', 'unchanged', 'quarantined'] as const) {
      metrics.rows.inc({ dataset, source, result }, checkpoint.counts[result]);
    }
    for (const { rule } of [...quarantined, ...unusual]) metrics.violations.inc({ rule });
    if (unusual.length > 0) {
      const details = { dataset, source, job_id: this.jobId, rows: unusual.length, first: unusual[0]?.reason };
      logger.warn(details, 'rows are unusual; they are stored');
    }
  }

  /** @throws SourceError when a past trading day of the whole market is said to have no bars */
  #requireBars(source: SourceName, { symbols, start, end }: Part, answer: Answer<DatasetRow[D]>): void {
    const market = this.#market as MarketKnowledge;
    const isPastTradingDay = start === end && start < market.today && market.isOpen(start) === true;
    const isEmpty = answer.rows.length + answer.refused.length === 0;
    if (this.request.dataset === 'daily' && symbols === null && isPastTradingDay && isEmpty) {
      throw new SourceError('data', `${source} has no bars of ${start}, on which the exchanges traded`);
    }
  }

  #underNewSymbol(row: DatasetRow[D]): DatasetRow[D] {
    const symbol = 'symbol' in row ? this.#newSymbols.get(row.symbol) : undefined;
    return symbol === undefined ? row : { ...row, symbol };
  }
}

/** The answers to the parts, in order; each is asked for while the one before is being stored. */
async function* askAhead<A>(
  parts: readonly Part[],
  ask: (part: Part) => Promise<A>,
): AsyncGenerator<readonly [Part, A]> {
  let next = parts[0] && ask(parts[0]);
  for (const [index, part] of parts.entries()) {
    const answer = (await next) as A;
    const following = parts[index + 1];
    next = following && ask(following);
    // Its error is met when its turn comes, or no longer matters.
    next?.catch(() => undefined);
    yield [part, answer];
  }
}

function summarize(checkpoints: readonly Checkpoint[], failed: FailedSource[]): IngestResult {
  const sources = new Set(checkpoints.map(({ source }) => source));
  const sum = (count: keyof RowCounts) => checkpoints.reduce((total, { counts }) => total + counts[count], 0);
  return {
    source: sources.size > 1 ? 'mixed' : ([...sources][0] ?? null),
    fallback_from: failed,
    read: sum('read'),
    inserted: sum('inserted'),
    updated: sum('updated'),
    unchanged: sum('unchanged'),
    quarantined: sum('quarantined'),
  };
}

/** The error that says most about when and how to try again, with what each source said. */
function mostTelling(errors: readonly SourceError[]): SourceError {
  const error = (errors.findLast(({ isTransient }) => isTransient) ?? errors.at(-1)) as SourceError;
  if (errors.length === 1) return error;
  return new SourceError(error.kind, errors.map(({ message }) => message).join('; '), error.retryAfterSeconds);
}

async function readMarket(database: Database, dataset: Dataset, { start, end }: Part): Promise<MarketKnowledge> {
  const { rows } = await database.query<{ day: string; is_open: boolean }>(
    sql`SELECT day, is_open FROM trading_calendar WHERE day BETWEEN $1 AND $2`,
    [start, end],
  );
  const calendar = new Map(rows.map(({ day, is_open }) => [day, is_open]));
  // Only the rules of daily bars ask when a stock was listed; quotes come every minute and need not read them all.
  const listings = dataset === 'daily' ? await readListDates(database) : new Map<string, string>();
  return {
    today: dayInShanghai(new Date()),
    isOpen: (day) => calendar.get(day),
    listDate: (symbol) => listings.get(symbol),
  };
}

async function readListDates(database: Database): Promise<ReadonlyMap<string, string>> {
  const { rows } = await database.query<{ symbol: string; list_date: string }>(
    sql`SELECT symbol, list_date FROM stock WHERE list_date IS NOT NULL`,
  );
  return new Map(rows.map(({ symbol, list_date }) => [symbol, list_date]));
}
