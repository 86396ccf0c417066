import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ownerRole } from '../../../app/src/database/roles';
import { createTestDatabase, type TestDatabase } from '../../../app/test/support/database';
import { type Created, createCopy } from '../../src/backup/create';
import { FolderStore } from '../../src/backup/folder-store';
import { initStore } from '../../src/backup/init';
import { Progress } from '../../src/cli/progress';
import { type EnvironmentOf, readOperationsEnvironment } from '../../src/environment';

/** A database, and a store for copies of it by COPY: there need be no pg_dump of the server's version. */
export interface CopiedDatabase {
  database: TestDatabase;
  store: FolderStore;
  /** Variables as a command is given them. */
  given: Readonly<Record<string, string>>;
  create(
    changes?: Readonly<Record<string, string>>,
    options?: Partial<Parameters<typeof createCopy>[2]>,
  ): Promise<Created>;
  environment(changes?: Readonly<Record<string, string>>): EnvironmentOf<'serve'>;
  drop(): Promise<void>;
}

/** Copies ask for each table, so that those of the years that no test has a row of would take most of their time. */
export const yearsWithoutRows = Array.from({ length: 33 }, (_, index) => 1990 + index);

/** @param options migrated false leaves the database without tables */
export async function createCopiedDatabase({ migrated = true } = {}): Promise<CopiedDatabase> {
  const database = await createTestDatabase({ migrated });
  const partitions = yearsWithoutRows.map((year) => `stock_data_${year}`);
  if (migrated) await database.owner.query(`DROP TABLE ${partitions.join(', ')}`);
  const folder = mkdtempSync(path.join(tmpdir(), 'stockops-test-'));
  const { DATABASE_URL, DATABASE_PASSWORD } = database.environmentOf(ownerRole);
  const given = {
    STOCK_ENVIRONMENT: 'trial',
    DATABASE_URL,
    DATABASE_PASSWORD,
    SECRET_KEY: 'a key of this test alone, long enough',
    BACKUP_METHOD: 'copy',
    BACKUP_STORE: path.join(folder, 'store'),
    BACKUP_WORK: path.join(folder, 'work'),
  };
  const environment = (changes = {}) => readOperationsEnvironment('serve', { ...given, ...changes });
  const store = new FolderStore(given.BACKUP_STORE);
  await initStore(store, environment());
  return {
    database,
    store,
    given,
    environment,
    create: (changes, options = {}) =>
      createCopy(store, environment(changes), {
        lockWaitSeconds: 0,
        despiteClock: false,
        progress: new Progress(false),
        ...options,
      }),
    drop: async () => {
      rmSync(folder, { recursive: true });
      await database.drop();
    },
  };
}
