import type { Database } from '../database/pool';

/** accepted: recorded; queued: in the queue; active: being worked on; then completed or failed for good. */
export type JobState = 'accepted' | 'queued' | 'active' | 'completed' | 'failed';

/** A job as it is recorded. The record, not the queue, is the truth about a job. */
export interface JobRecord {
  id: string;
  type: string;
  request: unknown;
  state: JobState;
  attempts: number;
  result: unknown;
  error: string | null;
  created_at: Date;
  updated_at: Date;
  finished_at: Date | null;
}

/** Records a job, or finds the unfinished one that already asks for the same. */
export async function recordJob(
  database: Database,
  type: string,
  request: unknown,
): Promise<{ job: JobRecord; isNew: boolean }> {
  for (;;) {
    const inserted = await database.query<JobRecord>(
      `INSERT INTO job (type, request) VALUES ($1, $2)
       ON CONFLICT (type, md5(request::text)) WHERE finished_at IS NULL AND parent_id IS NULL DO NOTHING RETURNING *`,
      [type, JSON.stringify(request)],
    );
    if (inserted.rows[0]) return { job: inserted.rows[0], isNew: true };
    const existing = await database.query<JobRecord>(
      'SELECT * FROM job WHERE type = $1 AND md5(request::text) = md5($2::jsonb::text) AND finished_at IS NULL AND parent_id IS NULL',
      [type, JSON.stringify(request)],
    );
    // None means that the other job finished in between, so this one can be recorded now.
    if (existing.rows[0]) return { job: existing.rows[0], isNew: false };
  }
}

export async function findJob(database: Database, id: string): Promise<JobRecord | undefined> {
  const { rows } = await database.query<JobRecord>('SELECT * FROM job WHERE id = $1', [id]);
  return rows[0];
}

/** Unfinished jobs that nobody has touched for a while, the longest untouched first. */
export async function findIdleJobs(database: Database, idleSeconds: number, limit: number): Promise<JobRecord[]> {
  const { rows } = await database.query<JobRecord>(
    `SELECT * FROM job WHERE finished_at IS NULL AND updated_at < now() - make_interval(secs => $1)
     ORDER BY updated_at LIMIT $2`,
    [idleSeconds, limit],
  );
  return rows;
}

export async function markQueued(database: Database, id: string): Promise<void> {
  await database.query(
    `UPDATE job SET state = 'queued', updated_at = now() WHERE id = $1 AND state IN ('accepted', 'queued')`,
    [id],
  );
}

/** Takes a job up for one attempt; undefined when it is finished, so there is nothing left to do. */
export async function startAttempt(database: Database, id: string): Promise<JobRecord | undefined> {
  const { rows } = await database.query<JobRecord>(
    `UPDATE job SET state = 'active', attempts = attempts + 1, updated_at = now()
     WHERE id = $1 AND finished_at IS NULL RETURNING *`,
    [id],
  );
  return rows[0];
}

export async function markCompleted(database: Database, id: string, result: unknown): Promise<void> {
  await database.query(
    `UPDATE job SET state = 'completed', result = $2, error = NULL, updated_at = now(), finished_at = now() WHERE id = $1`,
    [id, JSON.stringify(result)],
  );
}

/** Notes why an attempt failed; the job stays open for the next one. */
export async function markForRetry(database: Database, id: string, error: string): Promise<void> {
  await database.query(
    `UPDATE job SET state = 'queued', error = $2, updated_at = now() WHERE id = $1 AND finished_at IS NULL`,
    [id, error],
  );
}

export async function markFailed(database: Database, id: string, error: string): Promise<void> {
  await database.query(
    `UPDATE job SET state = 'failed', error = $2, updated_at = now(), finished_at = now()
     WHERE id = $1 AND finished_at IS NULL`,
    [id, error],
  );
}

/** Number of unfinished jobs by state. */
export async function countUnfinishedJobs(database: Database): Promise<{ state: JobState; jobs: number }[]> {
  const { rows } = await database.query<{ state: JobState; jobs: number }>(
    'SELECT state, count(*)::int AS jobs FROM job WHERE finished_at IS NULL GROUP BY state',
  );
  return rows;
}
