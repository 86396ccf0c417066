import { setTimeout as sleep } from 'node:timers/promises';
import type { Queryable } from '../../../app/src/database/pool';
import { sql } from '../../../app/src/database/sql';
import { connected, type Server } from './server';

/** What is sent just then has not begun, and would be missed by one cancelling alone. */
const againMilliseconds = 200;

/**
 * Does a statement that the signal ends. PostgreSQL is told to cancel it, and its end is waited for: a connection that is only closed leaves
 * the statement, and its locks, at work for as long as the server takes to notice.
 *
 * @throws the signal's reason where it had ended the work before
 */
export async function stoppable<T>(
  server: Server,
  connection: Queryable,
  signal: AbortSignal,
  work: () => Promise<T>,
): Promise<T> {
  signal.throwIfAborted();
  const { rows } = await connection.query<{ id: number }>(sql`SELECT pg_backend_pid() AS id`);
  let isOver = false;
  let cancelled: Promise<void> | undefined;
  const cancel = () => {
    cancelled = connected(server, async (other) => {
      while (!isOver) {
        await other.query(sql`SELECT pg_cancel_backend($1)`, [rows[0]?.id]);
        await sleep(againMilliseconds);
      }
      // A server that lets nobody in any more ends the statement by itself.
    }).catch(() => undefined);
  };
  signal.addEventListener('abort', cancel, { once: true });
  try {
    return await work();
  } finally {
    isOver = true;
    signal.removeEventListener('abort', cancel);
    await cancelled;
  }
}
