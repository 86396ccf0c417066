import { maintain } from '../database/maintenance';
import { dayInShanghai } from '../market/trading-day';
import { readEnvironment } from '../runtime/env';
import { withDatabase } from './database';

/** Does the nightly upkeep and says what it did. */
export async function maintainDatabase(): Promise<string[]> {
  const environment = readEnvironment('maintain');
  const year = Number(dayInShanghai(new Date()).slice(0, 4));
  const { added, forgotten } = await withDatabase(environment, (database) =>
    maintain(database, year, environment.CELERY_RESULT_EXPIRES),
  );
  return [
    added.length > 0 ? `added ${added.join(', ')}` : 'partitions are complete',
    `forgot ${forgotten} finished jobs`,
    'statistics are fresh',
  ];
}
