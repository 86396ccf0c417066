import { type JsonRow, moment, newestFirst, rowAsJson } from '../database/json-rows';
import type { DatabaseClient, Queryable } from '../database/pool';
import { integer, sql } from '../database/sql';
import type { Dataset } from '../market/dataset';
import { isDay } from '../market/trading-day';
import type { RefusedRow, SourceName } from '../sources/source';

const longestReason = 500;
const longestSymbol = 100;

/** JSON without the characters that PostgreSQL has no place for: NUL, and halves of surrogate pairs. */
const storableJson = (value: unknown): string =>
  JSON.stringify(value).replace(/\\(?:u0000|ud[89a-f][0-9a-f]{2}|.)/g, (escaped) =>
    escaped.length > 2 ? '\\ufffd' : escaped,
  );

/**
 * Keeps rows that are not stored, with the reason. The same row refused again is counted, and its latest form kept.
 *
 * @param jobId the job that met them last
 */
export async function quarantine(
  client: DatabaseClient,
  origin: { dataset: Dataset; source: SourceName; jobId: string | undefined },
  refused: readonly RefusedRow[],
): Promise<void> {
  if (refused.length === 0) return;
  // What should be a day may be anything; it stands in the row.
  const rows = refused.map(({ symbol, day, ...rest }) => ({
    symbol: symbol?.slice(0, longestSymbol) ?? null,
    day: day === null || isDay(day) ? day : null,
    ...rest,
  }));
  await client.query(
    sql`INSERT INTO quarantine AS kept (dataset, source, job_id, symbol, day, rule, reason, row)
     SELECT DISTINCT ON (symbol, day, rule) $1, $2, $3::uuid, symbol, day, rule, left(reason, ${integer(longestReason)}), coalesce(row, 'null')
     FROM jsonb_to_recordset($4) AS refused (symbol text, day date, rule text, reason text, row jsonb)
     ORDER BY symbol, day, rule
     ON CONFLICT (dataset, source, symbol, day, rule) DO UPDATE
     SET times = kept.times + 1, last_seen_at = now(), job_id = excluded.job_id, reason = excluded.reason, row = excluded.row`,
    [origin.dataset, origin.source, origin.jobId ?? null, storableJson(rows)],
  );
}

const quarantinePage = sql`
  SELECT ${rowAsJson(sql`id, dataset, source, symbol, day, rule, reason, row, job_id, times,
    ${moment(sql`first_seen_at`)} AS first_seen_at, ${moment(sql`last_seen_at`)} AS last_seen_at`)} AS json,
    id::text AS key, source FROM quarantine
  WHERE id < $1 AND ($2::text IS NULL OR dataset = $2) AND ($3::text IS NULL OR rule = $3)
  ORDER BY id DESC LIMIT $4 + 1`;

/** Rows that were not stored, the newest first; one more than the limit where there are more. */
export async function listQuarantine(
  database: Queryable,
  { dataset, rule }: { dataset?: string; rule?: string },
  { before = newestFirst, limit }: { before?: string; limit: number },
): Promise<JsonRow[]> {
  return (await database.query<JsonRow>(quarantinePage, [before, dataset, rule, limit])).rows;
}
