import { ensurePartitions, listPartitions } from '../../../app/src/database/partitions';
import type { Queryable } from '../../../app/src/database/pool';
import { catalogName, type Sql, sql } from '../../../app/src/database/sql';
import { type Index, listIndexes, listTables, shownName, type Table } from './catalog';

/** How much is done: every week what is needed, every month everything. */
export type Scope = 'weekly' | 'monthly';

/** One thing that is done to a table or an index. */
export interface MaintenanceStep {
  kind: 'partition' | 'drop index' | 'reindex' | 'vacuum' | 'analyze';
  object: string;
  why: string;
  bytes: number;
  run(connection: Queryable): Promise<unknown>;
}

/** An index is made anew each week where so much of it is empty, and it is not small. */
const reindexed = { bloat: 0.4, bytes: 16 * 1024 * 1024 };

interface Planning {
  scope: Scope;
  /** The current year in Shanghai. */
  year: number;
}

/** What is to be done to a database now, in order: what is short first, statistics last. */
export async function planMaintenance(connection: Queryable, { scope, year }: Planning): Promise<MaintenanceStep[]> {
  const partitions = await listPartitions(connection);
  const indexes = (await listIndexes(connection)).filter(({ isOurs }) => isOurs);
  const tables = (await listTables(connection)).filter(({ isOurs }) => isOurs);
  const names = new Set(partitions.map(({ name }) => name));
  const missing = [year, year + 1].filter((each) => !names.has(`stock_data_${each}`));
  const usable = indexes.filter(({ isBeingBuilt }) => !isBeingBuilt);
  const kept = usable.filter(({ isLeftover }) => !isLeftover);
  return [
    ...missing.map(partitionStep),
    ...usable.filter(({ isLeftover }) => isLeftover).map(dropStep),
    ...kept.flatMap((index) => reindexStep(index, reasonToReindex(index, scope))),
    ...(scope === 'monthly' ? tables.filter(({ kind }) => kind !== 'partitioned').map(vacuumStep) : []),
    // A partitioned table is analyzed with its parts.
    ...tables.filter(({ kind }) => kind !== 'partition').map(analyzeStep),
  ];
}

function reasonToReindex({ isValid, bloat, bytes }: Index, scope: Scope): string | undefined {
  if (!isValid) return 'it is not valid: no query uses it';
  if (scope === 'monthly') return 'once a month';
  const isBloated = bloat !== null && bloat >= reindexed.bloat && bytes >= reindexed.bytes;
  return isBloated ? `about ${Math.round(bloat * 100)} % of it is empty` : undefined;
}

const nameOf = ({ schema, name }: { schema: string; name: string }): Sql =>
  sql`${catalogName(schema)}.${catalogName(name)}`;

const partitionStep = (year: number): MaintenanceStep => ({
  kind: 'partition',
  object: `stock_data_${year}`,
  why: 'bars of that year have no place',
  bytes: 0,
  run: (connection) => ensurePartitions(connection, [year]),
});

const dropStep = (index: Index): MaintenanceStep => ({
  kind: 'drop index',
  object: shownName(index),
  why: 'left by a REINDEX that was ended',
  bytes: index.bytes,
  run: (connection) => connection.query(sql`DROP INDEX CONCURRENTLY IF EXISTS ${nameOf(index)}`),
});

function reindexStep(index: Index, why: string | undefined): MaintenanceStep[] {
  if (why === undefined) return [];
  return [
    {
      kind: 'reindex',
      object: shownName(index),
      why,
      bytes: index.bytes,
      run: (connection) => connection.query(sql`REINDEX INDEX CONCURRENTLY ${nameOf(index)}`),
    },
  ];
}

const vacuumStep = (table: Table): MaintenanceStep => ({
  kind: 'vacuum',
  object: shownName(table),
  why: `once a month; ${table.deadRows} dead rows`,
  bytes: table.bytes,
  run: (connection) => connection.query(sql`VACUUM ${nameOf(table)}`),
});

const analyzeStep = (table: Table): MaintenanceStep => ({
  kind: 'analyze',
  object: shownName(table),
  why: 'fresh statistics',
  bytes: table.bytes,
  run: (connection) => connection.query(sql`ANALYZE ${nameOf(table)}`),
});
