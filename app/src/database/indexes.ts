import { tryLock } from './lock';
import { listPartitions } from './partitions';
import { type Database, inTransaction, type Queryable } from './pool';
import { identifier, identifiers, sql } from './sql';

/** Indexes of stock_data besides its primary key, which is idx_stock_data_symbol_date of manual 7.1. */
export const declaredIndexes = [{ name: 'idx_stock_data_date_symbol', columns: ['trade_date', 'symbol'] }] as const;
type DeclaredIndex = (typeof declaredIndexes)[number];

/** What is known of an index; undefined where there is none. */
interface IndexState {
  isValid: boolean;
  /** Whether it belongs to an index of the partitioned table. */
  isAttached: boolean;
}

async function findIndex(database: Queryable, name: string): Promise<IndexState | undefined> {
  const { rows } = await database.query<IndexState>(
    sql`SELECT indisvalid AS "isValid", EXISTS (SELECT FROM pg_inherits WHERE inhrelid = indexrelid) AS "isAttached"
     FROM pg_index WHERE indexrelid = to_regclass($1)`,
    [name],
  );
  return rows[0];
}

/** The partition's index that belongs to an index of the partitioned table, whatever its name. */
async function findAttached(
  database: Queryable,
  parent: string,
  partition: string,
): Promise<{ name: string; isValid: boolean } | undefined> {
  const { rows } = await database.query<{ name: string; isValid: boolean }>(
    sql`SELECT indexrelid::regclass::text AS name, indisvalid AS "isValid"
     FROM pg_index JOIN pg_inherits ON inhrelid = indexrelid
     WHERE inhparent = to_regclass($1) AND indrelid = to_regclass($2)`,
    [parent, partition],
  );
  return rows[0];
}

/** Makes a partition's index, while rows are read and written. An invalid one is what an interrupted run left. */
async function ensureOnPartition(
  database: Queryable,
  { name: parent, columns }: DeclaredIndex,
  partition: string,
  log: (line: string) => void,
): Promise<void> {
  const attached = await findAttached(database, parent, partition);
  if (attached?.isValid) return;
  if (attached) {
    await database.query(sql`REINDEX INDEX CONCURRENTLY ${identifier(attached.name)}`);
    log(`rebuilt ${attached.name}, which was invalid`);
    return;
  }
  const name = `${partition}_${columns.join('_')}`;
  const left = await findIndex(database, name);
  if (left && !left.isValid) {
    await database.query(sql`DROP INDEX CONCURRENTLY ${identifier(name)}`);
    log(`dropped ${name}, which was invalid`);
  }
  if (!left?.isValid) {
    await database.query(
      sql`CREATE INDEX CONCURRENTLY ${identifier(name)} ON ${identifier(partition)} (${identifiers(columns)})`,
    );
    log(`built ${name}`);
  }
  await database.query(sql`ALTER INDEX ${identifier(parent)} ATTACH PARTITION ${identifier(name)}`);
  log(`attached ${name} to ${parent}`);
}

/**
 * Makes the declared indexes of stock_data where they are missing or invalid, one partition after the other and without
 * stopping writers: an index on the partitioned table itself cannot be built concurrently. A run that was interrupted
 * is continued by the next.
 *
 * @param database two connections or more: no transaction may surround what is built concurrently, so another one holds
 * the lock
 * @param log receives one line for each thing done
 * @throws Error when another run is under way
 * @see https://www.postgresql.org/docs/current/sql-createindex.html#SQL-CREATEINDEX-CONCURRENTLY
 */
export const ensureIndexes = (database: Database, log: (line: string) => void): Promise<void> =>
  inTransaction(database, async (holder) => {
    if (!(await tryLock(holder, sql`hashtextextended('ensure indexes', 0)`))) {
      throw new Error('another process is making the indexes; wait for it to end');
    }
    const partitions = await listPartitions(database);
    for (const index of declaredIndexes) {
      if (!(await findIndex(database, index.name))) {
        await database.query(
          sql`CREATE INDEX ${identifier(index.name)} ON ONLY stock_data (${identifiers(index.columns)})`,
        );
        log(`declared ${index.name}`);
      }
      for (const { name } of partitions) await ensureOnPartition(database, index, name, log);
      if (!(await findIndex(database, index.name))?.isValid) {
        throw new Error(`${index.name} is still not valid; see the log of PostgreSQL, then run this again`);
      }
      log(`${index.name} is valid on ${partitions.length} partitions`);
    }
  });

/** Names of the indexes that PostgreSQL does not use, because building them was interrupted. */
export async function listInvalidIndexes(database: Database): Promise<string[]> {
  const { rows } = await database.query<{ name: string }>(
    sql`SELECT indexrelid::regclass::text AS name FROM pg_index WHERE NOT indisvalid ORDER BY 1`,
  );
  return rows.map(({ name }) => name);
}
