import type { Queryable } from './pool';
import { type Sql, sql } from './sql';

// A transaction holds these locks to its end while other connections do the work: behind a pooler a session, which could
// hold them too, belongs to nobody.

/** Waiting for the work of other connections is no idleness. */
const holdOpen = (holder: Queryable) => holder.query(sql`SET LOCAL idle_in_transaction_session_timeout = 0`);

/**
 * Takes a lock as soon as no other transaction has it.
 *
 * @param holder in a transaction
 */
export async function waitForLock(holder: Queryable, key: Sql): Promise<void> {
  await holdOpen(holder);
  await holder.query(sql`SELECT pg_advisory_xact_lock(${key})`);
}

/**
 * Takes a lock, unless another transaction has it.
 *
 * @param holder in a transaction
 * @returns whether it was taken
 */
export async function tryLock(holder: Queryable, key: Sql): Promise<boolean> {
  await holdOpen(holder);
  const { rows } = await holder.query<{ isTaken: boolean }>(sql`SELECT pg_try_advisory_xact_lock(${key}) AS "isTaken"`);
  return rows[0]?.isTaken ?? false;
}
