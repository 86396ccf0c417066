import { ensureIndexes } from '../database/indexes';
import { appliedMigrations } from '../database/migrations';
import { ensurePartitions, listPartitions } from '../database/partitions';
import { createPool } from '../database/pool';
import { listTableSizes } from '../database/size';
import { dayInShanghai } from '../market/trading-day';
import { readEnvironment } from '../runtime/env';
import { version } from '../runtime/version';
import { withDatabase } from './database';

/** The partitions of stock_data. */
export const partitions = () => withDatabase(readEnvironment('database'), listPartitions);

/**
 * Makes partitions and says which.
 *
 * @param year this year and the next when left out
 */
export async function addPartitions(year: number | undefined): Promise<string[]> {
  const thisYear = Number(dayInShanghai(new Date()).slice(0, 4));
  const years = year === undefined ? [thisYear, thisYear + 1] : [year];
  const added = await withDatabase(readEnvironment('database'), (database) => ensurePartitions(database, years));
  return years.map((each) =>
    added.includes(`stock_data_${each}`) ? `added stock_data_${each}` : `stock_data_${each} exists`,
  );
}

/** Makes the declared indexes. */
export async function buildIndexes(log: (line: string) => void): Promise<void> {
  const size = { DATABASE_POOL_SIZE: 1, DATABASE_MAX_OVERFLOW: 1 };
  const database = createPool({ ...readEnvironment('database'), ...size }, 'stock-cli');
  try {
    await ensureIndexes(database, log);
  } finally {
    await database.end();
  }
}

/** The size of each table. */
export const tableSizes = () => withDatabase(readEnvironment('database'), listTableSizes);

/** The migrations that the database has, oldest first, and the version of this application. */
export const migrationsOfDatabase = async () => ({
  version,
  applied: await withDatabase(readEnvironment('database'), appliedMigrations),
});
