import pg from 'pg';
import type { Environment } from '../env';

// A date stays the text PostgreSQL sends; a JavaScript Date would move it into the local time zone.
pg.types.setTypeParser(pg.types.builtins.DATE, (text) => text);

export type Database = pg.Pool;
export type DatabaseClient = pg.PoolClient;

type DatabaseAddress = Pick<Environment, 'DATABASE_URL' | 'DATABASE_PASSWORD'>;
type PoolSettings = DatabaseAddress & Pick<Environment, 'DATABASE_POOL_SIZE' | 'DATABASE_MAX_OVERFLOW'>;

/** How to reach a database. */
export interface ConnectionSettings {
  host: string;
  port: number;
  user: string;
  password: string | undefined;
  database: string;
}

/** How to reach the database that a URL without a password names. */
export function connectionSettings(url: string, password: string | undefined): ConnectionSettings {
  const { hostname, port, username, pathname } = new URL(url);
  return {
    host: hostname,
    port: Number(port || 5432),
    user: decodeURIComponent(username),
    password,
    database: decodeURIComponent(pathname.slice(1)),
  };
}

/**
 * A pool that keeps DATABASE_POOL_SIZE connections and opens up to DATABASE_MAX_OVERFLOW more while they are all busy.
 *
 * @param applicationName shown in pg_stat_activity
 */
export function createPool(environment: PoolSettings, applicationName: string): Database {
  return new pg.Pool({
    ...connectionSettings(environment.DATABASE_URL, environment.DATABASE_PASSWORD),
    application_name: applicationName,
    // A generic plan opens every yearly partition of stock_data, for every question.
    options: '-c plan_cache_mode=force_custom_plan',
    min: environment.DATABASE_POOL_SIZE,
    max: environment.DATABASE_POOL_SIZE + environment.DATABASE_MAX_OVERFLOW,
    connectionTimeoutMillis: 5_000,
    idle_in_transaction_session_timeout: 600_000,
  });
}

/** One connection, for a command that runs once and ends. */
export function createSingleConnectionPool(environment: DatabaseAddress, applicationName: string): Database {
  return createPool({ ...environment, DATABASE_POOL_SIZE: 1, DATABASE_MAX_OVERFLOW: 0 }, applicationName);
}

/** Runs the work in one transaction: committed when it returns, rolled back when it throws. */
export async function inTransaction<T>(database: Database, work: (client: DatabaseClient) => Promise<T>): Promise<T> {
  const client = await database.connect();
  try {
    await client.query('BEGIN');
    const result = await work(client);
    await client.query('COMMIT');
    client.release();
    return result;
  } catch (error) {
    // A connection that cannot roll back is not fit for the next user.
    await client.query('ROLLBACK').then(
      () => client.release(),
      (rollbackError: Error) => client.release(rollbackError),
    );
    throw error;
  }
}
