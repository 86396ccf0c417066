import { createSingleConnectionPool, type Database } from '../database/pool';
import type { Environment } from '../runtime/env';

/** Does a command's work with one connection, closed at the end. */
export async function withDatabase<T>(
  environment: Pick<Environment, 'DATABASE_URL' | 'DATABASE_PASSWORD'>,
  work: (database: Database) => Promise<T>,
): Promise<T> {
  const database = createSingleConnectionPool(environment, 'stock-cli');
  try {
    return await work(database);
  } finally {
    await database.end();
  }
}
