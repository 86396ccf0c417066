import type { Database, DatabaseClient } from '../database/pool';
import { sql } from '../database/sql';
import { dayAfter } from '../market/trading-day';
import type { Part, SourceName } from '../sources/source';

/** What became of a part, in rows. */
export interface RowCounts {
  /** Rows the source gave: the sum of the others. */
  read: number;
  inserted: number;
  updated: number;
  unchanged: number;
  quarantined: number;
}

/** A part of a job that is stored. */
export interface Checkpoint {
  part: Part;
  source: SourceName;
  counts: RowCounts;
}

const allSymbols = '*';

const isAboutAll = (part: Part, wanted: Part): boolean => part.symbols?.length === wanted.symbols?.length;

/** The part's name in its job; `*` stands for all symbols the job is about. */
const nameOf = (part: Part, wanted: Part): string =>
  `${isAboutAll(part, wanted) ? allSymbols : part.symbols?.join(',')} ${part.start} ${part.end}`;

function partNamed(name: string, wanted: Part): Part {
  const [isAbout = '', start = '', end = ''] = name.split(' ');
  return { symbols: isAbout === allSymbols ? wanted.symbols : isAbout.split(','), start, end };
}

/** The parts of a job that are stored. */
export async function findCheckpoints(database: Database, jobId: string, wanted: Part): Promise<Checkpoint[]> {
  const { rows } = await database.query<{ part: string; result: Omit<Checkpoint, 'part'> }>(
    sql`SELECT part, result FROM ingest_checkpoint WHERE job_id = $1 ORDER BY done_at`,
    [jobId],
  );
  return rows.map(({ part, result }) => ({ part: partNamed(part, wanted), ...result }));
}

/** Notes that a part is stored, in the transaction that stores it. */
export async function addCheckpoint(
  client: DatabaseClient,
  jobId: string,
  wanted: Part,
  { part, ...result }: Checkpoint,
): Promise<void> {
  // Two attempts may overlap where the queue gave the job to a second worker too early; they store the same.
  await client.query(
    sql`INSERT INTO ingest_checkpoint (job_id, part, source, result) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING`,
    [jobId, nameOf(part, wanted), result.source, JSON.stringify(result)],
  );
}

/** A part that a source did not give, in this or an earlier attempt. */
export interface Failure {
  part: Part;
  source: SourceName;
}

/** The parts of a job that sources did not give in earlier attempts. */
export async function findFailures(database: Database, jobId: string, wanted: Part): Promise<Failure[]> {
  const { rows } = await database.query<{ part: string; source: SourceName }>(
    sql`SELECT part, source FROM ingest_failure WHERE job_id = $1 ORDER BY failed_at`,
    [jobId],
  );
  return rows.map(({ part, source }) => ({ part: partNamed(part, wanted), source }));
}

/** Notes that a source did not give a part. */
export async function addFailure(
  database: Database,
  jobId: string,
  wanted: Part,
  { part, source }: Failure,
  error: Error,
): Promise<void> {
  await database.query(
    sql`INSERT INTO ingest_failure AS known (job_id, part, source, error) VALUES ($1, $2, $3, $4)
     ON CONFLICT (job_id, part, source) DO UPDATE
     SET error = excluded.error, times = known.times + 1, failed_at = now()`,
    [jobId, nameOf(part, wanted), source, error.message],
  );
}

const includes = (outer: Part, inner: Part): boolean =>
  outer.start <= inner.start &&
  outer.end >= inner.end &&
  (outer.symbols === null || (inner.symbols?.every((symbol) => outer.symbols?.includes(symbol)) ?? false));

/** Whether a part need not be asked for any more. */
export const isStored = (part: Part, checkpoints: readonly { part: Part }[]): boolean =>
  checkpoints.some((checkpoint) => includes(checkpoint.part, part));

/**
 * What is left to ask once the days are taken off that are stored for all symbols. Parts are stored in their order, but
 * for those that a source did not give.
 */
export function remainderOf(wanted: Part, checkpoints: readonly Checkpoint[], failures: readonly Failure[]): Part {
  const storedDays = checkpoints.filter(({ part }) => isAboutAll(part, wanted)).map(({ part }) => part.end);
  const lastStored = storedDays.sort().at(-1);
  if (lastStored === undefined) return wanted;
  const missing = failures.filter(({ part }) => isAboutAll(part, wanted) && !isStored(part, checkpoints));
  const [start = ''] = [dayAfter(lastStored), ...missing.map(({ part }) => part.start)].sort();
  return { ...wanted, start };
}
