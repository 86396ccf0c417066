import { type JsonRow, moment, newestFirst, rowAsJson } from '../database/json-rows';
import type { Database, Queryable } from '../database/pool';
import { sql } from '../database/sql';
import type { IngestRequest } from './ingest-request';
import type { FailedPart, IngestResult } from './ingest-result';

/**
 * Notes in ingest_run that a load begins. A run that an earlier attempt at the job left open is closed: its process died.
 *
 * @returns the run's id
 */
export async function startRun(database: Database, request: IngestRequest, jobId: string | undefined): Promise<string> {
  const { rows } = await database.query<{ id: string }>(
    sql`WITH died AS (
       UPDATE ingest_run SET state = 'failed', error = 'the process ended before the run did', finished_at = now()
       WHERE job_id = $1 AND state = 'running'
     )
     INSERT INTO ingest_run (job_id, dataset, first_day, last_day, is_whole_market) VALUES ($1, $2, $3, $4, $5)
     RETURNING id`,
    [jobId ?? null, request.dataset, request.start, request.end, request.symbols === null],
  );
  return rows[0]?.id as string;
}

const mostNamed = 20;

/** What was not loaded while the rest was, such as `300114.SZ: HTTP 404`; null when there is nothing. */
function describeFailures(failed: readonly FailedPart[]): string | null {
  if (failed.length === 0) return null;
  const named = failed.slice(0, mostNamed).map(({ symbols, reason }) => `${symbols?.join(',')}: ${reason}`);
  return `${failed.length} not loaded: ${named.join('; ')}${failed.length > mostNamed ? ' …' : ''}`;
}

/** Notes how a run ended. */
export async function finishRun(database: Database, id: string, result: IngestResult, error?: Error): Promise<void> {
  await database.query(
    sql`UPDATE ingest_run
     SET state = $2, error = $3, source = $4, fallback_from = $5, read = $6, inserted = $7, updated = $8,
         unchanged = $9, quarantined = $10, failed_parts = $11, finished_at = now()
     WHERE id = $1`,
    [
      id,
      error ? 'failed' : 'completed',
      error?.message ?? describeFailures(result.failed_parts),
      result.source,
      result.fallback_from.map(({ source, kind, reason }) => `${source}: ${kind}: ${reason}`),
      result.read,
      result.inserted,
      result.updated,
      result.unchanged,
      result.quarantined,
      result.failed_parts.length,
    ],
  );
}

const runPage = sql`
  SELECT ${rowAsJson(sql`id, job_id, dataset, first_day, last_day, state, source, fallback_from, read, inserted, updated,
    unchanged, quarantined, error, ${moment(sql`started_at`)} AS started_at, ${moment(sql`finished_at`)} AS finished_at`)} AS json,
    id::text AS key, NULL AS source FROM ingest_run
  WHERE id < $1 AND ($2::text IS NULL OR dataset = $2)
  ORDER BY id DESC LIMIT $3 + 1`;

/** Attempts to load a dataset, or any, the newest first; one more than the limit where there are more. */
export async function listRuns(
  database: Queryable,
  dataset: string | undefined,
  { before = newestFirst, limit }: { before?: string; limit: number },
): Promise<JsonRow[]> {
  return (await database.query<JsonRow>(runPage, [before, dataset, limit])).rows;
}
