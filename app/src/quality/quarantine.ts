import type { DatabaseClient } from '../database/pool';
import type { Dataset } from '../market/dataset';
import { isDay } from '../market/trading-day';
import type { RefusedRow, SourceName } from '../sources/source';

const longestReason = 500;

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
  const rows = refused.map((row) => (row.day === null || isDay(row.day) ? row : { ...row, day: null }));
  await client.query(
    `INSERT INTO quarantine AS kept (dataset, source, job_id, symbol, day, rule, reason, row)
     SELECT DISTINCT ON (symbol, day, rule) $1, $2, $3::uuid, symbol, day, rule, left(reason, ${longestReason}), coalesce(row, 'null')
     FROM jsonb_to_recordset($4) AS refused (symbol text, day date, rule text, reason text, row jsonb)
     ORDER BY symbol, day, rule
     ON CONFLICT (dataset, source, symbol, day, rule) DO UPDATE
     SET times = kept.times + 1, last_seen_at = now(), job_id = excluded.job_id, reason = excluded.reason, row = excluded.row`,
    [origin.dataset, origin.source, origin.jobId ?? null, JSON.stringify(rows)],
  );
}
