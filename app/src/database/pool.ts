import pg from 'pg';
import type { Environment } from '../runtime/env';
import { type ConnectionSettings, connectionSettings } from './connection-settings';
import { type Sql, type Statement, sql } from './sql';

// A date stays the text PostgreSQL sends; a JavaScript Date would move it into the local time zone.
pg.types.setTypeParser(pg.types.builtins.DATE, (text) => text);

/** The database, or one connection with a transaction under way. */
export interface Queryable {
  query<Row = unknown>(statement: Sql | Statement, values?: readonly unknown[]): Promise<Answer<Row>>;
}

/** What a statement gave. */
export interface Answer<Row> {
  rows: Row[];
  /** Rows that were read or written; null for statements that do neither. */
  rowCount: number | null;
}

/** One connection, with a transaction under way or a lock of its own. */
export type DatabaseClient = Queryable & Pick<pg.PoolClient, 'release'>;

/** What work asks the database with: statement by statement, or over a connection for several in one transaction. */
export type Database = Queryable & { connect(): Promise<DatabaseClient> };

/** The connections to the database. */
export type DatabasePool = Database & Pick<pg.Pool, 'end' | 'on' | 'totalCount' | 'idleCount' | 'waitingCount'>;

export type DatabaseAddress = Pick<Environment, 'DATABASE_URL' | 'DATABASE_PASSWORD'> &
  Partial<Pick<Environment, 'DATABASE_CA' | 'DATABASE_POOLED'>>;
type PoolSettings = DatabaseAddress & Pick<Environment, 'DATABASE_POOL_SIZE' | 'DATABASE_MAX_OVERFLOW'>;

/** Of an error by which PostgreSQL refuses to write. */
const readOnlyCode = '25006';

/**
 * Seconds for which a process waits for one statement, by kind of work. Then it closes the connection, at which PostgreSQL
 * ends the statement; PostgreSQL's own limits are those of the role. A worker waits as long as its jobs may take.
 */
export const statementSeconds = {
  /** Of a request to the API: a little more than its role in PostgreSQL may take. */
  request: 6,
  /** Of what watches over a process, which does not wait as long: its health, the keys of requests. */
  watch: 5,
  /** Of the scheduler. */
  schedule: 60,
  /** Of commands, which somebody watches: imports, exports, indexes and upkeep take their time. */
  command: 3_600,
} as const;

/** Not less: a machine with much to do takes seconds for a connection, and one given up is asked for again. */
const connectMilliseconds = 5_000;

const isNamed = (statement: unknown): statement is Statement =>
  typeof statement === 'object' && statement !== null && 'text' in statement && 'name' in statement;

/**
 * A client of a pooler, behind which each transaction may be on another connection of the server, which does not know what
 * was prepared on the one before.
 */
class PooledClient extends pg.Client {
  override query(statement: unknown, ...others: unknown[]): never {
    const sent = isNamed(statement) ? { ...statement, name: undefined } : statement;
    return (super.query as (...all: unknown[]) => never)(sent, ...others);
  }
}

/**
 * A pool that keeps DATABASE_POOL_SIZE connections and opens up to DATABASE_MAX_OVERFLOW more while they are all busy.
 *
 * @param applicationName shown in pg_stat_activity
 * @param statementLimitSeconds after which a statement that has not answered fails and its connection is closed
 * @param plans custom: each statement is planned for the values it has, so that it opens no partition of stock_data in
 * vain; generic: it is planned once, for statements that are short and many. A pooler takes no such options; without a
 * name, which it does not take either, every statement is planned for its values.
 */
export function createPool(
  environment: PoolSettings,
  applicationName: string,
  statementLimitSeconds: number = statementSeconds.command,
  plans: 'custom' | 'generic' = 'custom',
): DatabasePool {
  const pool = new pg.Pool({
    ...connectionSettings(environment.DATABASE_URL, environment.DATABASE_PASSWORD, environment.DATABASE_CA),
    application_name: applicationName,
    ...(environment.DATABASE_POOLED ? { Client: PooledClient } : { options: `-c plan_cache_mode=force_${plans}_plan` }),
    min: environment.DATABASE_POOL_SIZE,
    max: environment.DATABASE_POOL_SIZE + environment.DATABASE_MAX_OVERFLOW,
    connectionTimeoutMillis: connectMilliseconds,
    query_timeout: statementLimitSeconds * 1_000,
    // A network that loses everything is noticed where nobody asks anything either.
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    // A server that was replaced but still runs keeps its idle connections; the next ones go where its name now leads.
    maxLifetimeSeconds: 300,
  });
  // A connection that is lost between two statements of a transaction says so nowhere else; the next statement fails.
  pool.on('connect', (client) => client.on('error', () => undefined));
  return pool;
}

/**
 * Connections for what watches over a process, which no other work keeps busy.
 *
 * @param applicationName of the process
 */
export const createWatchPool = (environment: DatabaseAddress, applicationName: string): DatabasePool =>
  createPool(
    { ...environment, DATABASE_POOL_SIZE: 2, DATABASE_MAX_OVERFLOW: 2 },
    `${applicationName}-watch`,
    statementSeconds.watch,
    'generic',
  );

/** One connection, for a command that runs once and ends. */
export function createSingleConnectionPool(environment: DatabaseAddress, applicationName: string): DatabasePool {
  return createPool({ ...environment, DATABASE_POOL_SIZE: 1, DATABASE_MAX_OVERFLOW: 0 }, applicationName);
}

/** Does work over one connection of its own, outside of any pool. */
export async function withConnection<T>(
  settings: ConnectionSettings,
  work: (connection: Queryable) => Promise<T>,
): Promise<T> {
  const client = new pg.Client(settings);
  // A lost connection also fails the work that waits for it.
  client.on('error', () => undefined);
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

/** Of node-postgres, whose error has no code: the time limit of a statement has passed. */
const isUnanswered = ({ message }: Error): boolean => message === 'Query read timeout';

/**
 * Runs the work in one transaction: committed when it returns, rolled back when it throws.
 *
 * @param signal gives the transaction up, in the middle of a statement too: its connection is closed
 * @throws the signal's reason once it has ended
 */
export async function inTransaction<T>(
  database: Database,
  work: (client: DatabaseClient) => Promise<T>,
  signal?: AbortSignal,
): Promise<T> {
  signal?.throwIfAborted();
  const client = await database.connect();
  let isReleased = false;
  const release = (error?: Error) => {
    if (!isReleased) client.release(error);
    isReleased = true;
  };
  // A statement cannot be called back over its own connection; PostgreSQL rolls back what a lost one has begun.
  const giveUp = () => release(new Error('given up'));
  signal?.addEventListener('abort', giveUp);
  try {
    await client.query(sql`BEGIN`);
    const result = await work(client);
    signal?.throwIfAborted();
    await client.query(sql`COMMIT`);
    release();
    return result;
  } catch (error) {
    signal?.throwIfAborted();
    // A connection in the middle of a statement, or one that cannot roll back, is not fit for the next user, and a server that became
    // read-only not for any.
    const failure = error as Error & { code?: string };
    if (isUnanswered(failure)) release(failure);
    else {
      const isReadOnly = failure.code === readOnlyCode;
      await client.query(sql`ROLLBACK`).then(() => release(isReadOnly ? failure : undefined), release);
    }
    throw error;
  } finally {
    signal?.removeEventListener('abort', giveUp);
  }
}
