import { randomUUID } from 'node:crypto';
import type { Database, DatabaseClient, Queryable } from '../database/pool';
import { literal, type Sql, sql } from '../database/sql';

/**
 * waiting: for its children; accepted: recorded, and not handed to the queue yet; queued: handed to the queue; active:
 * being worked on; then completed, failed or revoked for good.
 */
export const jobStates = ['waiting', 'accepted', 'queued', 'active', 'completed', 'failed', 'revoked'] as const;
export type JobState = (typeof jobStates)[number];

/** A job as it is recorded. The record, not the queue, is the truth about a job. */
export interface JobRecord {
  id: string;
  type: string;
  request: unknown;
  state: JobState;
  /** 1 runs first. */
  priority: number;
  parent_id: string | null;
  /** The key that handed it in, or its parent; null for schedules and commands. */
  api_key_id: string | null;
  unfinished_children: number;
  attempts: number;
  /** The job is put off until then. */
  not_before: Date | null;
  /** How often a source that asked not to be called for a while put it off. */
  deferrals: number;
  revoke_requested_at: Date | null;
  result: unknown;
  error: string | null;
  error_kind: string | null;
  created_at: Date;
  updated_at: Date;
  finished_at: Date | null;
}

/** What the queue needs to know of a job. */
export type QueueableJob = Pick<JobRecord, 'id' | 'type' | 'priority' | 'not_before'>;

/** A job to be recorded. Children run before their parent; they may have children themselves. */
export interface NewJob {
  type: string;
  request: unknown;
  priority: number;
  /** The key that hands it in; none for schedules and commands. */
  apiKeyId?: string;
  children?: readonly NewJob[];
}

/** Named in statements that are prepared once: what they return must stay the same when a later version adds a column. */
const jobColumns = sql`id, type, request, state, priority, parent_id, api_key_id, unfinished_children, attempts, not_before,
  deferrals, revoke_requested_at, result, error, error_kind, created_at, updated_at, finished_at`;

/** Records a job, or finds the unfinished one that already asks for the same. */
export async function recordJob(
  database: Queryable,
  { type, request, priority, apiKeyId }: NewJob,
): Promise<{ job: JobRecord; isNew: boolean }> {
  const { inserted, job } = await insertOrFind(database, type, request, () =>
    database.query<JobRecord>({
      name: 'record-job',
      text: sql`INSERT INTO job (type, request, priority, api_key_id, state) VALUES ($1, $2, $3, $4, 'accepted')
             ON CONFLICT (type, md5(request::text)) WHERE finished_at IS NULL AND parent_id IS NULL DO NOTHING
             RETURNING ${jobColumns}`,
      values: [type, JSON.stringify(request), priority, apiKeyId],
    }),
  );
  return { job, isNew: inserted.length > 0 };
}

/**
 * Records a job with its children, all or none, or finds the unfinished one that already asks for the same.
 *
 * @returns the job, and those recorded that wait for no child
 */
export async function recordGroup(database: Queryable, root: NewJob): Promise<{ job: JobRecord; ready: JobRecord[] }> {
  const members: object[] = [];
  const add = ({ children = [], apiKeyId: _ofRoot, ...job }: NewJob, parentId: string | null) => {
    const id = randomUUID();
    const state = children.length > 0 ? 'waiting' : 'accepted';
    members.push({ ...job, id, state, parent_id: parentId, unfinished_children: children.length });
    for (const child of children) add(child, id);
  };
  add(root, null);
  const { inserted, job } = await insertOrFind(database, root.type, root.request, () =>
    database.query<JobRecord>(
      sql`WITH member AS (
         SELECT * FROM json_to_recordset($1) AS member (id uuid, type text, request jsonb, priority int, state text,
                                                        parent_id uuid, unfinished_children int)
       ), root AS (
         INSERT INTO job (id, type, request, priority, state, unfinished_children, api_key_id)
         SELECT id, type, request, priority, state, unfinished_children, $2 FROM member WHERE parent_id IS NULL
         ON CONFLICT (type, md5(request::text)) WHERE finished_at IS NULL AND parent_id IS NULL DO NOTHING
         RETURNING *
       ), descendant AS (
         INSERT INTO job (id, type, request, priority, state, parent_id, unfinished_children, api_key_id)
         SELECT id, type, request, priority, state, parent_id, unfinished_children, $2 FROM member
         WHERE parent_id IS NOT NULL AND EXISTS (SELECT FROM root)
         RETURNING *
       )
       SELECT * FROM root UNION ALL SELECT * FROM descendant`,
      [JSON.stringify(members), root.apiKeyId],
    ),
  );
  return { job, ready: inserted.filter(({ state }) => state !== 'waiting') };
}

async function insertOrFind(
  database: Queryable,
  type: string,
  request: unknown,
  insert: () => Promise<{ rows: JobRecord[] }>,
): Promise<{ job: JobRecord; inserted: JobRecord[] }> {
  for (;;) {
    const { rows: inserted } = await insert();
    if (inserted[0]) return { job: inserted[0], inserted };
    const existing = await database.query<JobRecord>(
      sql`SELECT * FROM job WHERE type = $1 AND md5(request::text) = md5($2::jsonb::text) AND finished_at IS NULL AND parent_id IS NULL`,
      [type, JSON.stringify(request)],
    );
    // None means that the other job finished in between, so this one can be recorded now.
    if (existing.rows[0]) return { job: existing.rows[0], inserted: [] };
  }
}

/** Lets a job that has not started run earlier than it would. */
export async function raisePriority(database: Queryable, id: string, priority: number): Promise<void> {
  await database.query(
    sql`UPDATE job SET priority = $2 WHERE id = $1 AND priority > $2 AND finished_at IS NULL AND state <> 'active'`,
    [id, priority],
  );
}

/** Notes that jobs are in the queue. Those that a worker has taken up meanwhile stay as they are. */
export async function markQueued(database: Database, ids: readonly string[]): Promise<void> {
  // It does not wait for the disk: lost in a crash, the note is made again by the relay.
  await database.query({
    name: 'mark-queued',
    text: sql`UPDATE job SET state = 'queued', updated_at = now()
           FROM (SELECT set_config('synchronous_commit', 'off', true)) AS lazily
           WHERE id = ANY($1) AND state IN ('accepted', 'queued')`,
    values: [ids],
  });
}

export async function findJob(database: Database, id: string): Promise<JobRecord | undefined> {
  const { rows } = await database.query<JobRecord>(sql`SELECT * FROM job WHERE id = $1`, [id]);
  return rows[0];
}

/** Number of a job's children by state. */
export async function countChildren(database: Database, id: string): Promise<Partial<Record<JobState, number>>> {
  const { rows } = await database.query<{ state: JobState; jobs: number }>(
    sql`SELECT state, count(*)::int AS jobs FROM job WHERE parent_id = $1 GROUP BY state ORDER BY state`,
    [id],
  );
  return Object.fromEntries(rows.map(({ state, jobs }) => [state, jobs]));
}

/** The children of a job, by request. */
export async function findChildren(database: Database, id: string): Promise<JobRecord[]> {
  const { rows } = await database.query<JobRecord>(sql`SELECT * FROM job WHERE parent_id = $1 ORDER BY request, id`, [
    id,
  ]);
  return rows;
}

/** A moment as text that loses nothing: a Date has no microseconds. */
const microseconds = (column: Sql): Sql => sql`to_char(${column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`;

/** Where a page of jobs begins: after this job, the newest first. */
export interface JobPosition {
  /** With microseconds, as PostgreSQL writes it. */
  createdAt: string;
  id: string;
}

/** A page of jobs, the newest first, each with its place in the list. */
export async function listJobs(
  database: Database,
  filter: { state?: JobState; type?: string },
  limit: number,
  after?: JobPosition,
): Promise<(JobRecord & { position: JobPosition })[]> {
  // With the state itself in the statement, its index is used however the statement is planned.
  const inState = filter.state ? sql`state = ${literal(filter.state)}` : sql`true`;
  const { rows } = await database.query<JobRecord & { created_at_text: string }>(
    sql`SELECT *, ${microseconds(sql`created_at`)} AS created_at_text FROM job
     WHERE ${inState} AND ($1::text IS NULL OR type = $1)
       AND ($2::timestamptz IS NULL OR (created_at, id) < ($2, $3::uuid))
     ORDER BY created_at DESC, id DESC LIMIT $4`,
    [filter.type, after?.createdAt, after?.id, limit],
  );
  return rows.map(({ created_at_text, ...job }) => ({ ...job, position: { createdAt: created_at_text, id: job.id } }));
}

/** Jobs that were not handed to the queue, as far as is known, the most urgent first. */
export async function findAcceptedJobs(database: Database, limit: number): Promise<QueueableJob[]> {
  const { rows } = await database.query<QueueableJob>(
    sql`SELECT id, type, priority, not_before FROM job WHERE state = 'accepted' ORDER BY priority, created_at LIMIT $1`,
    [limit],
  );
  return rows;
}

/** How far a walk through the jobs has come, in the order in which they were last touched. */
export interface JobWalk {
  /** With microseconds, as PostgreSQL writes it. */
  updatedAt: string;
  id: string;
}

/** A walk that begins with the jobs touched since then, by the clock of the database. */
export async function walkFrom(database: Database, secondsAgo: number): Promise<JobWalk> {
  const { rows } = await database.query<{ updatedAt: string }>(
    sql`SELECT ${microseconds(sql`(now() - make_interval(secs => $1))`)} AS "updatedAt"`,
    [secondsAgo],
  );
  return { updatedAt: rows[0]?.updatedAt as string, id: '00000000-0000-0000-0000-000000000000' };
}

/**
 * Jobs that should be in the queue and that nobody has touched for a while, those untouched for longest first.
 *
 * @param after where the walk has come to
 * @returns also where it has come to then; undefined when there are none
 */
export async function findIdleJobs(
  database: Database,
  idleSeconds: number,
  limit: number,
  after?: JobWalk,
): Promise<{ jobs: QueueableJob[]; end: JobWalk | undefined }> {
  const { rows } = await database.query<QueueableJob & { updated_at_text: string }>(
    sql`SELECT id, type, priority, not_before, ${microseconds(sql`updated_at`)} AS updated_at_text FROM job
     WHERE state IN ('queued', 'active') AND updated_at < now() - make_interval(secs => $1)
       AND (not_before IS NULL OR not_before < now() - make_interval(secs => $1))
       AND ($3::timestamptz IS NULL OR (updated_at, id) > ($3, $4::uuid))
     ORDER BY updated_at, id LIMIT $2`,
    [idleSeconds, limit, after?.updatedAt, after?.id],
  );
  const last = rows.at(-1);
  return {
    jobs: rows.map(({ updated_at_text, ...job }) => job),
    end: last && { updatedAt: last.updated_at_text, id: last.id },
  };
}

/** Starts one attempt at a job; undefined when there is nothing to do: it is finished or waits for its children. */
export async function startAttempt(database: Database, id: string): Promise<JobRecord | undefined> {
  const { rows } = await database.query<JobRecord>({
    name: 'start-attempt',
    text: sql`UPDATE job SET state = 'active', attempts = attempts + 1, not_before = NULL, updated_at = now()
           WHERE id = $1 AND finished_at IS NULL AND state <> 'waiting' RETURNING ${jobColumns}`,
    values: [id],
  });
  return rows[0];
}

// The last child that finishes makes its parent ready, in the transaction in which it finishes.
const parentOfFinished = sql`parent AS (
    UPDATE job SET unfinished_children = unfinished_children - 1, updated_at = now(),
      state = CASE WHEN unfinished_children = 1 THEN 'accepted' ELSE state END
    WHERE id = (SELECT parent_id FROM finished) AND finished_at IS NULL
    RETURNING id, type, priority, not_before, unfinished_children
  )`;
const readyParent = sql`SELECT id, type, priority, not_before FROM parent WHERE unfinished_children = 0`;

/** @returns the parent, when this was the last child it waited for */
export async function markCompleted(
  database: Database,
  id: string,
  result: unknown,
): Promise<QueueableJob | undefined> {
  const { rows } = await database.query<QueueableJob>({
    name: 'mark-completed',
    text: sql`WITH finished AS (
             UPDATE job SET state = 'completed', result = $2, error = NULL, error_kind = NULL,
               updated_at = now(), finished_at = now()
             WHERE id = $1 AND finished_at IS NULL RETURNING parent_id
           ), ${parentOfFinished} ${readyParent}`,
    values: [id, JSON.stringify(result)],
  });
  return rows[0];
}

/**
 * Fails a job for good, and keeps it as a dead letter.
 *
 * @param errorKind what class of error it was, for programs
 * @returns the parent, when this was the last child it waited for
 */
export async function markFailed(
  database: Database,
  id: string,
  error: string,
  errorKind: string,
): Promise<QueueableJob | undefined> {
  const { rows } = await database.query<QueueableJob>(
    sql`WITH finished AS (
       UPDATE job SET state = 'failed', error = $2, error_kind = $3, updated_at = now(), finished_at = now()
       WHERE id = $1 AND finished_at IS NULL RETURNING *
     ), letter AS (
       INSERT INTO dead_letter (job_id, type, request, priority, attempts, error, error_kind)
       SELECT id, type, request, priority, attempts, error, error_kind FROM finished
     ), ${parentOfFinished} ${readyParent}`,
    [id, error, errorKind],
  );
  return rows[0];
}

/** Ends a job that was to be revoked. @returns the parent, when this was the last child it waited for */
export async function markRevoked(database: Database, id: string): Promise<QueueableJob | undefined> {
  const { rows } = await database.query<QueueableJob>(
    sql`WITH finished AS (
       UPDATE job SET state = 'revoked', updated_at = now(), finished_at = now()
       WHERE id = $1 AND finished_at IS NULL RETURNING parent_id
     ), ${parentOfFinished} ${readyParent}`,
    [id],
  );
  return rows[0];
}

/** Why an attempt did not end the job. */
export interface Postponement {
  delaySeconds: number;
  error: string;
  errorKind: string;
  /** Whether a source asked not to be called for a while, which is no attempt. */
  isDeferral: boolean;
}

/** Notes why an attempt failed and when the next may begin; the job stays open. */
export async function postpone(
  database: Database,
  id: string,
  { delaySeconds, error, errorKind, isDeferral }: Postponement,
): Promise<void> {
  await database.query(
    sql`UPDATE job SET state = 'queued', error = $2, error_kind = $3, updated_at = now(),
       not_before = now() + make_interval(secs => $4),
       attempts = attempts - $5::int, deferrals = deferrals + $5::int
     WHERE id = $1 AND finished_at IS NULL`,
    [id, error, errorKind, delaySeconds, isDeferral ? 1 : 0],
  );
}

/** Those of the jobs that somebody asked to revoke. */
export async function findRevoked(database: Database, ids: readonly string[]): Promise<string[]> {
  const { rows } = await database.query<{ id: string }>(
    sql`SELECT id FROM job WHERE id = ANY($1) AND revoke_requested_at IS NOT NULL`,
    [ids],
  );
  return rows.map(({ id }) => id);
}

/** Holds, to the end of the transaction, all others that count the jobs of the same key. */
export async function lockJobsOfKey(connection: Queryable, apiKeyId: string): Promise<void> {
  await connection.query(sql`SELECT pg_advisory_xact_lock(hashtextextended('jobs of ' || $1, 0))`, [apiKeyId]);
}

/** Number of unfinished jobs of a key and of all, each counted up to one more than its limit. */
export async function countUnfinishedUpTo(
  database: Queryable,
  apiKeyId: string,
  { perKey, total }: { perKey: number; total: number },
): Promise<{ ofKey: number; ofAll: number }> {
  const { rows } = await database.query<{ ofKey: number; ofAll: number }>({
    name: 'count-unfinished-jobs',
    text: sql`SELECT
      (SELECT count(*) FROM (SELECT FROM job WHERE finished_at IS NULL AND api_key_id = $1 LIMIT $2 + 1) AS own)::int AS "ofKey",
      (SELECT count(*) FROM (SELECT FROM job WHERE finished_at IS NULL LIMIT $3 + 1) AS unfinished)::int AS "ofAll"`,
    values: [apiKeyId, perKey, total],
  });
  return rows[0] as { ofKey: number; ofAll: number };
}

/** Number of unfinished jobs by state. */
export async function countUnfinishedJobs(database: Database): Promise<{ state: JobState; jobs: number }[]> {
  const { rows } = await database.query<{ state: JobState; jobs: number }>(
    sql`SELECT state, count(*)::int AS jobs FROM job WHERE finished_at IS NULL GROUP BY state`,
  );
  return rows;
}

/** Number of remembered jobs by state, and for how long the first of those that could run has waited, if any do. */
export async function summarizeJobs(
  database: Database,
): Promise<{ jobs: Partial<Record<JobState, number>>; oldestWaitingSeconds: number | null }> {
  const { rows } = await database.query<{ state: JobState; jobs: number; seconds: number | null }>(
    sql`SELECT state, count(*)::int AS jobs,
       extract(epoch FROM max(now() - greatest(updated_at, not_before))
         FILTER (WHERE state IN ('accepted', 'queued') AND (not_before IS NULL OR not_before <= now())))::float AS seconds
     FROM job GROUP BY state ORDER BY state`,
  );
  const waits = rows.flatMap(({ seconds }) => seconds ?? []);
  return {
    jobs: Object.fromEntries(rows.map(({ state, jobs }) => [state, jobs])),
    oldestWaitingSeconds: waits.length > 0 ? Math.max(...waits) : null,
  };
}

/**
 * Revokes a job and its descendants where they are unfinished: those that have not started at once; those that are
 * running are marked, and their workers stop them.
 *
 * @param client in a transaction
 * @returns the jobs revoked at once, undefined when the job itself is finished or unknown; and the job's parent, when
 *   this was the last child it waited for
 */
export async function revokeTree(
  client: DatabaseClient,
  id: string,
): Promise<{ revoked: string[] | undefined; parent: QueueableJob | undefined }> {
  // Children are locked before their parents, the order in which jobs finish.
  const { rows: unfinished } = await client.query<{ id: string }>(
    sql`WITH RECURSIVE tree AS (
       SELECT id, 0 AS depth FROM job WHERE id = $1
       UNION ALL
       SELECT job.id, depth + 1 FROM job JOIN tree ON job.parent_id = tree.id
     )
     SELECT job.id FROM job JOIN tree USING (id) WHERE finished_at IS NULL ORDER BY depth DESC, id FOR UPDATE OF job`,
    [id],
  );
  if (unfinished.at(-1)?.id !== id) return { revoked: undefined, parent: undefined };
  const { rows: marked } = await client.query<Pick<JobRecord, 'id' | 'state' | 'parent_id'>>(
    sql`UPDATE job SET revoke_requested_at = now(), updated_at = now(),
       state = CASE state WHEN 'active' THEN state ELSE 'revoked' END,
       finished_at = CASE state WHEN 'active' THEN NULL ELSE now() END
     WHERE id = ANY($1) RETURNING id, state, parent_id`,
    [unfinished.map((job) => job.id)],
  );
  const revoked = marked.filter(({ state }) => state === 'revoked');
  const { rows: ready } = await client.query<QueueableJob>(
    sql`WITH finished AS (SELECT $1::uuid AS parent_id), ${parentOfFinished} ${readyParent}`,
    [revoked.find((job) => job.id === id)?.parent_id],
  );
  return { revoked: revoked.map((job) => job.id), parent: ready[0] };
}
