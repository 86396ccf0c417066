import { PG_MIGRATE_LOCK_ID } from 'node-pg-migrate';
import { migrationNames } from '../../app/src/database/migration-files';
import { migrate } from '../../app/src/database/migrations';
import { ownerRole } from '../../app/src/database/roles';
import { withSnapshot } from '../src/database/snapshot';
import { tableFacts } from '../src/database/table-facts';
import { type CopiedDatabase, createCopiedDatabase } from './support/copies';

describe('a migration and a copy never meet', () => {
  let current: CopiedDatabase;
  let empty: CopiedDatabase;
  beforeAll(async () => {
    current = await createCopiedDatabase();
    empty = await createCopiedDatabase({ migrated: false });
  });
  afterAll(async () => {
    await current.drop();
    await empty.drop();
  });

  const migrateNow = ({ database }: CopiedDatabase) => migrate(database.environmentOf(ownerRole), 0, () => undefined);

  test('a copy waits for a migration, and says so when the time is up', async () => {
    const migration = await current.database.owner.connect();
    try {
      await migration.query('BEGIN');
      await migration.query('SELECT pg_advisory_xact_lock($1)', [PG_MIGRATE_LOCK_ID]);
      await expect(current.create()).rejects.toThrow(
        /a migration or another copy has been under way for 0 s, .*; wait until it has ended/,
      );
      const waiting = current.create({}, { lockWaitSeconds: 30 });
      await migration.query('COMMIT');
      expect(await waiting).toMatchObject({ verification: { state: 'verified' } });
    } finally {
      migration.release();
    }
  });

  test('of two copies at once one is made, and the other says why not', async () => {
    const ends = await Promise.allSettled([current.create(), current.create()]);
    expect(ends.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    const { reason } = ends.find(({ status }) => status === 'rejected') as PromiseRejectedResult;
    expect(reason.message).toContain('another copy has been under way');
    expect((await current.store.contents()).unfinished).toEqual([]);
  });

  test('a migration waits for a copy, and none is in its way where there is nothing to migrate', async () => {
    let hasMigrated = false;
    const { migrating } = await withSnapshot(empty.environment(), 0, async ({ connection }) => {
      const migrating = migrateNow(empty).finally(() => {
        hasMigrated = true;
      });
      const isWaiting = async () => {
        const { rowCount } = await empty.database.owner.query(
          "SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted",
        );
        return rowCount === 1;
      };
      while (!(await isWaiting()) && !hasMigrated);
      expect(hasMigrated).toBe(false);
      expect(await connection.query('SELECT FROM pg_tables WHERE schemaname = $$public$$' as never)).toMatchObject({
        rowCount: 0,
      });
      return { migrating };
    });
    expect(await migrating).toEqual(migrationNames);
    await withSnapshot(empty.environment(), 0, async ({ connection }) => {
      await tableFacts(connection);
      expect(await migrateNow(empty)).toEqual([]);
    });
  });
});
