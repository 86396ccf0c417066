import { maintain } from '../database/partitions';
import { readEnvironment } from '../env';
import { dayInShanghai } from '../market/trading-day';
import { withDatabase } from './database';

/** Does the nightly upkeep and says what it did. */
export async function maintainDatabase(): Promise<string[]> {
  const year = Number(dayInShanghai(new Date()).slice(0, 4));
  const added = await withDatabase(readEnvironment('maintain'), (database) => maintain(database, year));
  return [added.length > 0 ? `added ${added.join(', ')}` : 'partitions are complete', 'statistics are fresh'];
}
