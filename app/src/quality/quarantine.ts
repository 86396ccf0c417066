import type { DatabaseClient } from '../database/pool';
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
