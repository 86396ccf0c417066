import { setTimeout as sleep } from 'node:timers/promises';
import { PG_MIGRATE_LOCK_ID } from 'node-pg-migrate';
import { tryLock } from '../../../app/src/database/lock';
import type { Queryable } from '../../../app/src/database/pool';
import { integer, sql } from '../../../app/src/database/sql';
import { Refusal } from '../failures';
import { connected, type Server } from './server';

/** A state of the database that stays as it is while it is read. */
export interface Snapshot {
  /** By which other connections see the same. */
  id: string;
  connection: Queryable;
}

const retryMilliseconds = 500;

/**
 * Works while no migration changes the schema, and nobody else makes a copy: all take the lock of migrations.
 *
 * @param lockWaitSeconds how long to wait for a migration, or another copy, that is under way
 * @throws Refusal when that does not end in time
 */
export const withoutMigrations = <T>(server: Server, lockWaitSeconds: number, work: () => Promise<T>): Promise<T> =>
  connected(server, async (holder) => {
    await holder.query(sql`BEGIN`);
    await waitForMigrations(holder, lockWaitSeconds);
    return await work();
  });

/** Works with a snapshot of the database while no migration changes its schema. @throws as `withoutMigrations` */
export const withSnapshot = <T>(
  server: Server,
  lockWaitSeconds: number,
  work: (snapshot: Snapshot) => Promise<T>,
): Promise<T> =>
  withoutMigrations(server, lockWaitSeconds, () =>
    connected(server, async (connection) => {
      await connection.query(sql`BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY`);
      // As long as pg_dump waits: rows are counted beside it, and a copy that has failed is to say so.
      await connection.query(sql`SET LOCAL lock_timeout = '30s'`);
      const { rows } = await connection.query<{ id: string }>(sql`SELECT pg_export_snapshot() AS id`);
      const result = await work({ id: rows[0]?.id as string, connection });
      await connection.query(sql`COMMIT`);
      return result;
    }),
  );

async function waitForMigrations(holder: Queryable, seconds: number): Promise<void> {
  const deadline = performance.now() + seconds * 1000;
  while (!(await tryLock(holder, integer(PG_MIGRATE_LOCK_ID)))) {
    if (performance.now() > deadline) {
      throw new Refusal(
        `a migration or another copy has been under way for ${seconds} s, or the upkeep of the database; wait until it has ended, see it with: SELECT * FROM pg_stat_activity`,
      );
    }
    await sleep(retryMilliseconds);
  }
}
