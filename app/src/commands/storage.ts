import { ensureIndexes } from '../database/indexes';
import { ensurePartitions, listPartitions } from '../database/partitions';
import { listTableSizes } from '../database/size';
import { dayInShanghai } from '../market/trading-day';
import { readEnvironment } from '../runtime/env';
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
export const buildIndexes = (log: (line: string) => void) =>
  withDatabase(readEnvironment('database'), (database) => ensureIndexes(database, log));

/** The size of each table. */
export const tableSizes = () => withDatabase(readEnvironment('database'), listTableSizes);
