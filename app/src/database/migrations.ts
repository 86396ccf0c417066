import { setTimeout as sleep } from 'node:timers/promises';
import {
  LATEST_SCHEMA_VERSION as latestQueueSchema,
  SchemaMigrationRequiredError as NoQueueSchema,
  assertSchemaCompatibility as queueSchemaVersion,
  runMigrations as runQueueMigrations,
} from 'bullmq';
import type { MigrationBuilder } from 'node-pg-migrate';
import pg from 'pg';
import { type QueueAddress, queueName } from '../jobs/queue';
import { tlsAdvice } from '../runtime/tls';
import { version } from '../runtime/version';
import { type ConnectionSettings, connectionSettings } from './connection-settings';
import { waitForLock } from './lock';
import {
  findSchemaFault,
  type Migration,
  migrationNames,
  migrationsFolder,
  readMigrations,
  type SchemaFault,
} from './migration-files';
import { createSingleConnectionPool, type Database, type DatabaseAddress, inTransaction, type Queryable } from './pool';
import { databaseRoles, ownerRole } from './roles';
import { identifier, integer, literal, sql } from './sql';

const table = 'schema_migration';

/**
 * A statement that waits for a lock on a table holds up everybody who comes after it. Requests wait for a lock for 2 s
 * (app/database/roles.sql): it gives up before any of them does, and lets them pass before it comes again.
 */
const lockTimes = { waitMilliseconds: 1_000, pauseMilliseconds: 5_000, limitSeconds: 240 };
/** PostgreSQL's code where a lock was not to be had in time. */
const lockNotAvailable = '55P03';

/** Names of the migrations that a database has, oldest first; none where there never was one. */
export async function appliedMigrations(database: Queryable): Promise<string[]> {
  const exists = await database.query<{ found: string | null }>(sql`SELECT to_regclass($1)::text AS found`, [table]);
  if (exists.rows[0]?.found === null) return [];
  const { rows } = await database.query<{ name: string }>(sql`SELECT name FROM ${identifier(table)} ORDER BY name`);
  return rows.map(({ name }) => name);
}

/** Why this version of the application cannot work with the schema that a database has; undefined where it can. */
export const schemaFault = async (database: Queryable): Promise<SchemaFault | undefined> =>
  findSchemaFault(await appliedMigrations(database), version);

async function connectWithin(settings: ConnectionSettings, waitSeconds: number, log: (line: string) => void) {
  const deadline = Date.now() + waitSeconds * 1000;
  for (;;) {
    const client = new pg.Client({ ...settings, application_name: 'stock-migrate', connectionTimeoutMillis: 5_000 });
    try {
      await client.connect();
      return client;
    } catch (error) {
      await client.end().catch(() => undefined);
      const reason = (error as Error).message || (error as NodeJS.ErrnoException).code;
      const advice = tlsAdvice(error as Error, 'DATABASE') ?? 'start it, or correct DATABASE_URL and DATABASE_PASSWORD';
      const place = `${settings.host}:${settings.port}/${settings.database}`;
      if (Date.now() >= deadline) {
        throw new Error(`the database at ${place} did not answer within ${waitSeconds} s (${reason}); ${advice}`);
      }
      log(`waiting for the database at ${place}: ${reason}`);
      await sleep(1_000);
    }
  }
}

/** What is made belongs to its maker, and only the owner's tables are granted to the other roles. */
async function requireOwner(client: Queryable): Promise<void> {
  const { rows } = await client.query<{ user: string; missing: string[] }>(
    sql`SELECT current_user AS user, ARRAY(SELECT unnest($1::text[]) EXCEPT SELECT rolname FROM pg_roles) AS missing`,
    [databaseRoles],
  );
  const { user, missing = [] } = rows[0] ?? {};
  if (missing.length > 0) {
    throw new Error(
      `the database has no role ${missing.join(', ')}; as a superuser, run app/database/roles.sql and app/database/rights.sql in it, and set the passwords of the roles`,
    );
  }
  if (user !== ownerRole) throw new Error(`DATABASE_URL names the user ${user}; migrations are made as ${ownerRole}`);
}

/** Where the database and the job queue are. */
type MigrationEnvironment = DatabaseAddress & QueueAddress;

/**
 * Brings the database, and the job queue where it is on PostgreSQL, to the schema of this version. Concurrent calls
 * wait for each other under an advisory lock, so each migration runs once. Each commits as a whole or not at all; the
 * first that fails ends it.
 *
 * @param waitSeconds how long to wait for a database that does not answer yet
 * @param log receives one line for each thing done
 * @returns names of the migrations that ran
 */
export async function migrate(
  environment: MigrationEnvironment,
  waitSeconds: number,
  log: (line: string) => void,
): Promise<string[]> {
  const { DATABASE_URL, DATABASE_PASSWORD, DATABASE_CA } = environment;
  const settings = connectionSettings(DATABASE_URL, DATABASE_PASSWORD, DATABASE_CA);
  const client = await connectWithin(settings, waitSeconds, log);
  const locks = createSingleConnectionPool(environment, 'stock-migrate');
  try {
    await requireOwner(client);
    // Without the lock where there is nothing to do: a copy of the database holds it for as long as it takes.
    const done = (await schemaFault(client)) ? await migrateUnderLock(client, locks, log) : [];
    const left = await schemaFault(client);
    if (left) throw new Error(`${left.fault}; ${left.advice}`);
    if (done.length === 0) log(`schema is current (${migrationNames.at(-1)})`);
    if (environment.QUEUE_URL.startsWith('postgres')) {
      await migrateQueue(environment, locks);
      log('job queue schema is current');
    }
    return done;
  } finally {
    await client.end();
    await locks.end();
  }
}

const migrateUnderLock = (client: pg.Client, locks: Database, log: (line: string) => void) =>
  underMigrationLock(locks, () => applyMigrations(client, readMigrations(), log));

async function underMigrationLock<T>(locks: Database, work: () => Promise<T>): Promise<T> {
  const { PG_MIGRATE_LOCK_ID } = await import('node-pg-migrate');
  return inTransaction(locks, async (holder) => {
    await waitForLock(holder, integer(PG_MIGRATE_LOCK_ID));
    return work();
  });
}

/**
 * Runs those of some migrations that a database does not have, one by one.
 *
 * @param migrations oldest first; those that the database has are the first of them
 * @returns names of those that ran
 * @throws Error naming one whose locks others have had for minutes
 */
export async function applyMigrations(
  client: pg.Client,
  migrations: readonly Migration[],
  log: (line: string) => void,
): Promise<string[]> {
  await client.query(sql`SET lock_timeout = ${integer(lockTimes.waitMilliseconds)}`);
  const applied = await appliedMigrations(client);
  const missing = migrations.map(({ name }) => name).filter((name) => !applied.includes(name));
  for (const name of missing) {
    await untilLocked(name, () => runNext(client, migrations, log), log);
    log(`applied ${name}`);
  }
  return missing;
}

/** Does the work again for as long as a lock that it needs is somebody else's. @throws Error that says so, after a while */
async function untilLocked(name: string, work: () => Promise<unknown>, log: (line: string) => void): Promise<void> {
  const deadline = performance.now() + lockTimes.limitSeconds * 1_000;
  for (;;) {
    try {
      await work();
      return;
    } catch (error) {
      if ((error as { code?: unknown }).code !== lockNotAvailable) throw error;
      const reason = `${name} needs a lock that others have (${(error as Error).message})`;
      if (performance.now() > deadline) {
        throw new Error(`${reason} for ${lockTimes.limitSeconds} s; end what pg_stat_activity shows as long under way`);
      }
      log(`${reason}; it comes again in ${lockTimes.pauseMilliseconds / 1_000} s`);
      await sleep(lockTimes.pauseMilliseconds);
    }
  }
}

/** Runs the first that is missing. */
async function runNext(
  client: pg.Client,
  migrations: readonly Migration[],
  log: (line: string) => void,
): Promise<void> {
  // Loaded here alone: a process that only asks whether the schema is current does without it.
  const { runner } = await import('node-pg-migrate');
  await runner({
    dbClient: client,
    dir: migrationsFolder,
    migrationsTable: table,
    migrationLoaderStrategies: [{ extensions: ['.sql'], loader: async () => migrations.map(unitOf) }],
    direction: 'up',
    count: 1,
    singleTransaction: true,
    // Its own lock is one of a session.
    noLock: true,
    logger: { info: () => undefined, warn: () => undefined, error: log },
  });
}

/** A migration as it is run. Nothing goes down: what the version before needs is still there. */
const unitOf = ({ name, statements, isOutsideTransaction }: Migration) => ({
  id: `${name}.sql`,
  filePaths: [],
  actions: {
    up: (builder: MigrationBuilder) => {
      if (isOutsideTransaction) builder.noTransaction();
      for (const statement of statements) builder.sql(statement);
    },
    down: false as const,
  },
});

/**
 * Makes the schema that a database had after some migrations in an empty one, and that of a job queue where it had one.
 *
 * @param settings of a superuser, who makes it as the owner
 * @param names the migrations, the oldest first; those of this version begin with them
 */
export async function makeSchema(
  settings: ConnectionSettings,
  names: readonly string[],
  hasQueue: boolean,
): Promise<void> {
  await withClient(settings, async (client) => {
    await client.query(sql`SET SESSION AUTHORIZATION ${identifier(ownerRole)}`);
    if (names.length > 0) await applyMigrations(client, readMigrations().slice(0, names.length), () => undefined);
    if (hasQueue) await prepareQueue(client);
  });
}

/**
 * All who hand in jobs or run them work on the queue's tables; what tells their version stays as it is. The first job
 * without an id of its own would make a sequence, which is the owner's to do.
 */
const queueGrants = sql`
  SELECT bullmq.next_job_id(${literal(queueName)});
  GRANT USAGE ON SCHEMA bullmq TO stock_app, stock_read;
  GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA bullmq TO stock_app, stock_read;
  REVOKE INSERT, UPDATE, DELETE ON bullmq.migration FROM stock_app, stock_read;
  GRANT USAGE ON ALL SEQUENCES IN SCHEMA bullmq TO stock_app, stock_read;
  GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA bullmq TO stock_app, stock_read;
`;

async function migrateQueue(environment: MigrationEnvironment, locks: Database): Promise<void> {
  const { QUEUE_URL, QUEUE_PASSWORD, QUEUE_CA } = environment;
  await withClient(connectionSettings(QUEUE_URL, QUEUE_PASSWORD, QUEUE_CA), async (client) => {
    // Its migrations lock tables even where they have nothing to do, and a copy of the database has them locked as well.
    if (await isQueueSchemaCurrent(client)) await client.query(queueGrants);
    else await underMigrationLock(locks, () => prepareQueue(client));
  });
}

async function isQueueSchemaCurrent(client: pg.Client): Promise<boolean> {
  try {
    return (await queueSchemaVersion(client)) >= latestQueueSchema;
  } catch (error) {
    if (error instanceof NoQueueSchema) return false;
    throw error;
  }
}

async function prepareQueue(client: pg.Client): Promise<void> {
  await runQueueMigrations(client);
  await client.query(queueGrants);
}

async function withClient(settings: ConnectionSettings, work: (client: pg.Client) => Promise<void>): Promise<void> {
  const client = new pg.Client(settings);
  await client.connect();
  try {
    await work(client);
  } finally {
    await client.end();
  }
}
