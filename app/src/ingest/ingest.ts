import type { Logger } from 'pino';
import type { AnswerCache } from '../cache/answer-cache';
import { type Database, type DatabaseClient, inTransaction } from '../database/pool';
import { sql } from '../database/sql';
import type { Dataset, DatasetRow, Quote } from '../market/dataset';
import { readNewSymbols } from '../market/new-symbols';
import { readCalendar } from '../market/trading-calendar';
import { addDays, dayInShanghai } from '../market/trading-day';
import { checkRows, refusedRow } from '../quality/check-rows';
import { dateQuotes } from '../quality/date-quotes';
import type { Defect, MarketKnowledge } from '../quality/defects';
import { quarantine } from '../quality/quarantine';
import type { SourcePriority } from '../sources/priority';
import type { Fetched, MarketDataSource, Part, SourceName } from '../sources/source';
import type { SourceAccess } from '../sources/source-access';
import { SourceError, type SourceErrorKind } from '../sources/source-error';
import {
  addCheckpoint,
  addFailure,
  type Checkpoint,
  type Failure,
  findCheckpoints,
  findFailures,
  isStored,
  type RowCounts,
  remainderOf,
} from './checkpoint';
import { type IngestMetrics, rowResults } from './ingest-metrics';
import type { IngestRequest } from './ingest-request';
import type { FailedSource, IngestResult } from './ingest-result';
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
import { writeStorable } from './write-storable';
import { writeSuspensions } from './write-suspensions';

/** What an ingest works with. */
export interface IngestContext {
  database: Database;
  access: Pick<SourceAccess, 'candidates' | 'fetch'>;
  priority: SourcePriority;
  cache: AnswerCache | undefined;
  metrics: IngestMetrics;
  logger: Logger;
}

/** Failures in a row after which it is the source that fails, not single stocks. */
const mostFailuresInARow = 20;

const longestHolidayDays = 31;

/** Kinds of errors that may be about what was asked for and not about the source. */
const aboutOnePart: ReadonlySet<SourceErrorKind> = new Set(['data', 'request', 'network']);

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
 * Loads what is asked and stores what changed, part by part. A part that a source does not give holds up none of the
 * others: it is asked for again after them. A source that fails is followed by the next one, which is asked for what is
 * still missing. Running it twice, or again after it died half-way, ends in the same rows.
 *
 * @param jobId the job whose checkpoints say what is stored already
 * @param signal stops the work, be it at a request or a statement; stored parts stay
 * @throws SourceError when no source answered, or none gave a day of the whole market; single stocks are named in the
 *   result
 */
export async function ingest(
  context: IngestContext,
  request: IngestRequest,
  { jobId, signal }: { jobId: string | undefined; signal: AbortSignal },
): Promise<IngestResult> {
  const { database } = context;
  const newSymbols = await readNewSymbols(database);
  const wanted = { symbols: underNewSymbols(request.symbols, newSymbols), start: request.start, end: request.end };
  const earlier =
    jobId === undefined
      ? { stored: [], failures: [] }
      : {
          stored: await findCheckpoints(database, jobId, wanted),
          failures: await findFailures(database, jobId, wanted),
        };
  const runId = await startRun(database, request, jobId);
  const attempt = new Ingest(context, request, wanted, newSymbols, jobId, signal, earlier);
  try {
    await attempt.load();
  } catch (error) {
    await finishRun(database, runId, attempt.resultOfAttempt(), error as Error);
    throw error;
  }
  await finishRun(database, runId, attempt.resultOfAttempt());
  return attempt.result();
}

/** The symbols that stocks have now, each once, in order. */
const underNewSymbols = (symbols: readonly string[] | null, newSymbols: ReadonlyMap<string, string>) =>
  symbols && [...new Set(symbols.map((symbol) => newSymbols.get(symbol) ?? symbol))].sort();

/** A part that a source did not give, and why. */
interface Refusal extends Failure {
  error: SourceError;
}

/** One attempt at a request. */
class Ingest<D extends Dataset> {
  readonly #stored: Checkpoint[] = [];
  readonly #failed: FailedSource[] = [];
  readonly #failures: Failure[];
  #missing: Refusal[] = [];
  #market: MarketKnowledge | undefined;

  constructor(
    readonly context: IngestContext,
    readonly request: IngestRequest & { dataset: D },
    readonly wanted: Part,
    readonly newSymbols: ReadonlyMap<string, string>,
    readonly jobId: string | undefined,
    readonly signal: AbortSignal,
    readonly earlier: { stored: readonly Checkpoint[]; failures: readonly Failure[] },
  ) {
    this.#failures = [...earlier.failures];
  }

  /** What the job did, in this and in earlier attempts. */
  result = (): IngestResult => summarize([...this.earlier.stored, ...this.#stored], this.#failed, this.#missing);

  resultOfAttempt = (): IngestResult => summarize(this.#stored, this.#failed, this.#missing);

  async load(): Promise<void> {
    const { access, database, logger } = this.context;
    const { dataset } = this.request;
    this.#market = await readMarket(database, dataset, this.wanted);
    const errors: SourceError[] = [];
    for (const source of access.candidates(dataset, this.request.source)) {
      try {
        this.#missing = await this.#loadFrom(source);
        const [first] = this.#missing;
        if (!first) return;
        errors.push(...this.#missing.map(({ error }) => error));
        this.#failed.push(failedSource(source.name, first.error));
      } catch (error) {
        this.signal.throwIfAborted();
        if (!(error instanceof SourceError)) throw error;
        errors.push(error);
        this.#failed.push(failedSource(source.name, error));
        logger.warn({ err: error, dataset, source: source.name, job_id: this.jobId }, 'source did not answer');
      }
    }
    const areSingleStocks = this.#missing.length > 0 && this.#missing.every(({ part }) => part.symbols?.length === 1);
    if (!areSingleStocks) throw mostTelling(errors);
  }

  /**
   * Loads what is missing from one source; what did not come before is asked for last.
   *
   * @returns what it did not give
   * @throws SourceError when it gives nothing at all, or nothing more
   */
  async #loadFrom(source: MarketDataSource): Promise<Refusal[]> {
    const parts = await this.#missingParts(source);
    const failedBefore = parts.filter((part) => isStored(part, this.#failuresOf(source)));
    const others = parts.filter((part) => !failedBefore.includes(part));
    const refused = await this.#loadParts(source, others);
    if (refused.length > 0 && refused.length === parts.length) this.#requireSomething(refused);
    const missing = await this.#loadAgain(source, [...failedBefore, ...refused.map(({ part }) => part)]);
    if (missing.length > 0) this.#requireSomething(missing);
    return missing;
  }

  /** @throws SourceError when nothing is stored of the job at all */
  #requireSomething(refused: readonly Refusal[]): void {
    if (this.earlier.stored.length + this.#stored.length === 0) throw mostTelling(refused.map(({ error }) => error));
  }

  /** Asks once more. A source whose breaker is open by then has failed for these parts alone. */
  async #loadAgain(source: MarketDataSource, parts: readonly Part[]): Promise<Refusal[]> {
    try {
      return await this.#loadParts(source, parts);
    } catch (error) {
      if (!(error instanceof SourceError && error.kind === 'breaker_open')) throw error;
      const missing = parts.filter((part) => !isStored(part, this.#stored));
      return missing.map((part) => ({ part, source: source.name, error }));
    }
  }

  #failuresOf = ({ name }: MarketDataSource): Failure[] => this.#failures.filter(({ source }) => source === name);

  /** Asks for parts one after the other and stores them. @returns those that did not come */
  async #loadParts(source: MarketDataSource, parts: readonly Part[]): Promise<Refusal[]> {
    const leaving = new AbortController();
    const signal = AbortSignal.any([this.signal, leaving.signal]);
    const ask = (part: Part) =>
      this.context.access.fetch(source, this.request.dataset, part, signal).catch((error: unknown) => {
        if (error instanceof SourceError && aboutOnePart.has(error.kind)) return error;
        throw error;
      });
    const refused: Refusal[] = [];
    let failuresInARow = 0;
    try {
      for await (const [part, answer] of askAhead(parts, ask)) {
        const outcome =
          answer instanceof SourceError ? answer : (this.#findAbsence(source.name, part, answer) ?? answer);
        if (outcome instanceof SourceError) {
          refused.push(await this.#noteFailure(source.name, part, outcome));
          if (++failuresInARow === mostFailuresInARow) throw outcome;
        } else {
          await this.#store(source.name, part, outcome);
          failuresInARow = 0;
        }
      }
    } finally {
      leaving.abort();
    }
    return refused;
  }

  async #noteFailure(source: SourceName, part: Part, error: SourceError): Promise<Refusal> {
    const { database, logger } = this.context;
    const { dataset } = this.request;
    logger.warn({ err: error, dataset, source, part, job_id: this.jobId }, 'part not loaded');
    this.#failures.push({ source, part });
    if (this.jobId) await addFailure(database, this.jobId, this.wanted, { source, part }, error);
    return { source, part, error };
  }

  async #missingParts(source: MarketDataSource): Promise<Part[]> {
    const { database } = this.context;
    const { dataset } = this.request;
    const partBy = source.fetchers[dataset]?.partBy ?? 'whole';
    // No series of factors is made of two sources, so what another one gave does not count.
    const stored = [...this.earlier.stored, ...this.#stored].filter(
      (checkpoint) => dataset !== 'adj_factor' || checkpoint.source === source.name,
    );
    const remainder = remainderOf(this.wanted, stored, this.#failures);
    let parts = await cutIntoParts(database, source.name, partBy, remainder);
    if (parts.length === 0 && partBy === 'symbol' && this.wanted.symbols === null) {
      const listings: IngestRequest = { ...this.request, dataset: 'stock_basic', symbols: null };
      await ingest(this.context, listings, { jobId: undefined, signal: this.signal });
      parts = await cutIntoParts(database, source.name, partBy, remainder);
    }
    return parts.filter((part) => !isStored(part, stored));
  }

  /** Stores a part in one transaction with the note that it is stored. */
  async #store(source: SourceName, part: Part, answer: Fetched<DatasetRow[D]>): Promise<void> {
    const { database, priority, cache, metrics, logger } = this.context;
    const { dataset } = this.request;
    const { rows, refused: unread } = this.#rowsOf(answer);
    const { accepted, refused, unusual } = checkRows(dataset, part, rows, this.#market as MarketKnowledge);
    const { quarantined, ...checkpoint } = await inTransaction(
      database,
      async (client) => {
        const origin = { source, outrankedBy: outrankedBy(source, priority[dataset]) };
        const stored = await writeStorable(client, accepted, (some) => writers[dataset](client, origin, some));
        const { changedSymbols, ...written } = stored.written;
        const unstorable = stored.unwritten.map(({ row, reason }) => refusedRow(dataset, row, notStorable(reason)));
        const quarantined = [...unread, ...refused, ...unstorable];
        await quarantine(client, { dataset, source, jobId: this.jobId }, quarantined);
        const counts = { read: rows.length + unread.length, ...written, quarantined: quarantined.length };
        if (this.jobId) await addCheckpoint(client, this.jobId, this.wanted, { part, source, counts });
        return { part, source, counts, changedSymbols, quarantined };
      },
      this.signal,
    );
    this.#stored.push(checkpoint);
    await (dataset === 'realtime' ? cache?.invalidateQuotes() : cache?.invalidate(checkpoint.changedSymbols));
    for (const result of rowResults) {
      metrics.rows.inc({ dataset, source, result }, checkpoint.counts[result]);
    }
    for (const { rule } of [...quarantined, ...unusual]) metrics.violations.inc({ rule });
    if (unusual.length > 0) {
      const details = { dataset, source, job_id: this.jobId, rows: unusual.length, first: unusual[0]?.reason };
      logger.warn(details, 'rows are unusual; they are stored');
    }
  }

  /** What is wrong when a past trading day of the whole market is said to have no bars. */
  #findAbsence(source: SourceName, { symbols, start, end }: Part, answer: Fetched<DatasetRow[D]>) {
    const market = this.#market as MarketKnowledge;
    const isPastTradingDay = start === end && start < market.today && market.isOpen(start, 'SH') === true;
    const isEmpty = answer.rows.length + answer.refused.length === 0;
    if (this.request.dataset !== 'daily' || symbols !== null || !isPastTradingDay || !isEmpty) return undefined;
    return new SourceError('data', `${source} has no bars of ${start}, on which the exchanges traded`);
  }

  /** The rows as they are stored: under new symbols, the rows that came under them first, and quotes with their day. */
  #rowsOf(answer: Fetched<DatasetRow[D]>): Fetched<DatasetRow[D]> {
    const isRenumbered = (row: DatasetRow[D]) => 'symbol' in row && this.newSymbols.has(row.symbol);
    const rows = [
      ...answer.rows.filter((row) => !isRenumbered(row)),
      ...answer.rows.filter(isRenumbered).map((row) => this.#underNewSymbol(row)),
    ];
    if (this.request.dataset !== 'realtime') return { rows, refused: answer.refused };
    const dated = dateQuotes(rows as Quote[], { now: new Date(), isOpen: (this.#market as MarketKnowledge).isOpen });
    return { rows: dated.rows as DatasetRow[D][], refused: [...answer.refused, ...dated.refused] };
  }

  #underNewSymbol(row: DatasetRow[D]): DatasetRow[D] {
    const symbol = 'symbol' in row ? this.newSymbols.get(row.symbol) : undefined;
    return symbol === undefined ? row : { ...row, symbol };
  }
}

const notStorable = (reason: string): Defect => ({ rule: 'not_storable', reason });

const failedSource = (source: SourceName, { kind, message }: SourceError): FailedSource => ({
  source,
  kind,
  reason: message,
});

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

function summarize(
  checkpoints: readonly Checkpoint[],
  failed: FailedSource[],
  missing: readonly Refusal[],
): IngestResult {
  const sources = new Set(checkpoints.map(({ source }) => source));
  const sum = (count: keyof RowCounts) => checkpoints.reduce((total, { counts }) => total + counts[count], 0);
  return {
    source: sources.size > 1 ? 'mixed' : ([...sources][0] ?? null),
    fallback_from: failed,
    failed_parts: missing.map(({ part, source, error }) => ({ ...part, ...failedSource(source, error) })),
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
  const messages = new Set(errors.map(({ message }) => message));
  return new SourceError(error.kind, [...messages].join('; '), error.retryAfterSeconds);
}

async function readMarket(database: Database, dataset: Dataset, { start, end }: Part): Promise<MarketKnowledge> {
  // A quote may be of a trading day before the holidays.
  const firstDay = dataset === 'realtime' ? addDays(start, -longestHolidayDays) : start;
  // Only the rules of daily bars ask when a stock was listed; quotes come every minute and need not read them all.
  const listings = dataset === 'daily' ? await readListDates(database) : new Map<string, string>();
  return {
    today: dayInShanghai(new Date()),
    isOpen: await readCalendar(database, firstDay, end),
    listDate: (symbol) => listings.get(symbol),
  };
}

async function readListDates(database: Database): Promise<ReadonlyMap<string, string>> {
  const { rows } = await database.query<{ symbol: string; list_date: string }>(
    sql`SELECT symbol, list_date FROM stock WHERE list_date IS NOT NULL`,
  );
  return new Map(rows.map(({ symbol, list_date }) => [symbol, list_date]));
}
