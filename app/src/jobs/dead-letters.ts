import { type Database, type DatabaseClient, inTransaction } from '../database/pool';
import { sql } from '../database/sql';
import type { SubmitContext } from './job-context';
import type { JobClient } from './job-quota';
import type { JobRecord } from './job-store';
import { isJobType } from './job-types';
import { handOverNew, planJob, priorities, record, recordOfClient } from './submit';

/** A job that failed for good. */
export interface DeadLetter {
  /** bigint, so PostgreSQL's driver gives text. */
  id: string;
  job_id: string;
  type: string;
  request: unknown;
  priority: number;
  attempts: number;
  error: string;
  error_kind: string | null;
  failed_at: Date;
  replayed_job_id: string | null;
  replayed_at: Date | null;
}

/**
 * A page of dead letters, the newest first.
 *
 * @param replayed whether those that were replayed, or those that were not
 * @param beforeId the last one of the page before
 */
export async function listDeadLetters(
  database: Database,
  replayed: boolean,
  limit: number,
  beforeId?: string,
): Promise<DeadLetter[]> {
  const { rows } = await database.query<DeadLetter>(
    sql`SELECT * FROM dead_letter
     WHERE ${replayed ? sql`replayed_at IS NOT NULL` : sql`replayed_at IS NULL`} AND ($1::bigint IS NULL OR id < $1)
     ORDER BY id DESC LIMIT $2`,
    [beforeId, limit],
  );
  return rows;
}

export async function findDeadLetter(database: Database, id: string): Promise<DeadLetter | undefined> {
  return (await database.query<DeadLetter>(sql`SELECT * FROM dead_letter WHERE id = $1`, [id])).rows[0];
}

/** Number of dead letters nobody has replayed. */
export async function countDeadLetters(database: Database): Promise<number> {
  const { rows } = await database.query<{ letters: number }>(
    sql`SELECT count(*)::int AS letters FROM dead_letter WHERE replayed_at IS NULL`,
  );
  return rows[0]?.letters ?? 0;
}

/**
 * Submits what failed once more, as a new job, and notes that in the letter; a letter is replayed once.
 *
 * @returns undefined when there is no such letter, or it was replayed already
 */
export async function replayDeadLetter(
  context: SubmitContext,
  id: string,
  client?: JobClient,
): Promise<JobRecord | undefined> {
  const recorded = await inTransaction(context.database, (connection) => recordReplay(connection, id, client));
  return recorded && handOverNew(context, recorded);
}

async function recordReplay(connection: DatabaseClient, id: string, client: JobClient | undefined) {
  const { rows } = await connection.query<DeadLetter>(
    sql`SELECT * FROM dead_letter WHERE id = $1 AND replayed_at IS NULL FOR UPDATE`,
    [id],
  );
  const [letter] = rows;
  if (!letter || !isJobType(letter.type)) return undefined;
  const planned = planJob(letter.type, letter.request, Math.max(letter.priority, priorities.mostUrgentOfClients));
  const recorded = await (client ? recordOfClient(connection, planned, client) : record(connection, planned));
  await connection.query(sql`UPDATE dead_letter SET replayed_at = now(), replayed_job_id = $2 WHERE id = $1`, [
    id,
    recorded.job.id,
  ]);
  return recorded;
}

/** @returns whether there was such a letter */
export async function deleteDeadLetter(database: Database, id: string): Promise<boolean> {
  return (await database.query(sql`DELETE FROM dead_letter WHERE id = $1`, [id])).rowCount === 1;
}

/** @returns number of letters that were older and are gone */
export async function purgeDeadLetters(database: Database, olderThanSeconds: number): Promise<number> {
  const { rowCount } = await database.query(
    sql`DELETE FROM dead_letter WHERE failed_at < now() - make_interval(secs => $1)`,
    [olderThanSeconds],
  );
  return rowCount ?? 0;
}
