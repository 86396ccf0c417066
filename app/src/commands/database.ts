import { createSingleConnectionPool, type Database, type DatabaseAddress } from '../database/pool';

/** Does a command's work with one connection, closed at the end. */
export async function withDatabase<T>(
  environment: DatabaseAddress,
  work: (database: Database) => Promise<T>,
): Promise<T> {
  const database = createSingleConnectionPool(environment, 'stock-cli');
  try {
    return await work(database);
  } finally {
    await database.end();
  }
}
