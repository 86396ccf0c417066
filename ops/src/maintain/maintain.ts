import { tryLock } from '../../../app/src/database/lock';
import type { Queryable } from '../../../app/src/database/pool';
import { ownerRole } from '../../../app/src/database/roles';
import { identifier, sql } from '../../../app/src/database/sql';
import type { Progress } from '../cli/progress';
import { connected, type Server } from '../database/server';
import { withoutMigrations } from '../database/snapshot';
import { Refusal } from '../failures';
import { databaseBytes, listIndexes, listTables, shownName, type Table } from './catalog';
import { type MaintenanceStep, planMaintenance, type Scope } from './steps';

export interface MaintainOptions {
  scope: Scope;
  /** The current year in Shanghai. */
  year: number;
  /** After which nothing more is begun; the next run does it. */
  limitSeconds: number;
  progress: Progress;
  signal: AbortSignal;
}

/** One thing as it was done. */
export interface Done extends Omit<MaintenanceStep, 'run'> {
  seconds: number;
  /** Of an index that was made anew. */
  bytesAfter?: number;
  /** Why it failed; the others were done all the same. */
  error?: string;
}

export interface Maintained {
  scope: Scope;
  done: Done[];
  /** What the time was too short for. */
  left: number;
  databaseBytes: { before: number; after: number };
  /** The largest first. */
  tables: Table[];
}

/** Waiting for others holds nobody up: what is done concurrently blocks neither reads nor writes. */
const limits = { lock: '60s', statement: '2h' };

/** What would be done. Nothing is changed, and nothing is locked. */
export const planOf = (server: Server, scope: Scope, year: number): Promise<MaintenanceStep[]> =>
  connected(server, async (connection) => {
    await becomeOwner(connection);
    await requireTables(connection);
    return planMaintenance(connection, { scope, year });
  });

/**
 * Does the upkeep of a database while it is used (manual 3.6). What fails does not keep the rest from being done.
 *
 * @throws Refusal while a migration, a copy, or the making of indexes is under way
 */
export const maintain = (server: Server, options: MaintainOptions): Promise<Maintained> =>
  whileNobodyElse(server, () =>
    connected(server, async (connection) => {
      await becomeOwner(connection);
      await requireTables(connection);
      await connection.query(
        sql`SELECT set_config('lock_timeout', $1, false), set_config('statement_timeout', $2, false)`,
        [limits.lock, limits.statement],
      );
      const before = await databaseBytes(connection);
      const { done, left } = await doAll(connection, await planMaintenance(connection, options), options);
      // What a REINDEX that failed began.
      const { done: cleared } = await doAll(connection, await leftovers(connection, options), options);
      return {
        scope: options.scope,
        done: await withSizes(connection, [...done, ...cleared]),
        left,
        databaseBytes: { before, after: await databaseBytes(connection) },
        tables: await listTables(connection),
      };
    }),
  );

/** Under the locks that migrations, copies and `stock db index` take. */
export const whileNobodyElse = <T>(server: Server, work: () => Promise<T>): Promise<T> =>
  withoutMigrations(server, 0, () =>
    connected(server, async (holder) => {
      await holder.query(sql`BEGIN`);
      if (await tryLock(holder, sql`hashtextextended('ensure indexes', 0)`)) return work();
      throw new Refusal('`stock db index` is making the indexes; wait until it has ended');
    }),
  );

/** What is made has to be the owner's, whoever of its members makes it. */
export async function becomeOwner(connection: Queryable): Promise<void> {
  await connection.query(sql`SET ROLE ${identifier(ownerRole)}`);
}

/** @throws Refusal where the application has made none yet */
async function requireTables(connection: Queryable): Promise<void> {
  if ((await listTables(connection)).some(({ name }) => name === 'stock_data')) return;
  throw new Refusal(
    'the database has no tables of the application yet, so nothing is to be done; they are made by: stock migrate',
  );
}

async function doAll(
  connection: Queryable,
  steps: readonly MaintenanceStep[],
  { limitSeconds, progress, signal }: MaintainOptions,
): Promise<{ done: Done[]; left: number }> {
  const deadline = performance.now() + limitSeconds * 1000;
  const done: Done[] = [];
  for (const step of steps) {
    if (performance.now() > deadline) break;
    const { run, ...what } = step;
    const started = performance.now();
    const error = await progress.step(`${what.kind} ${what.object}`, () => failureOf(run(connection), signal));
    const seconds = (performance.now() - started) / 1000;
    done.push({ ...what, seconds, ...(error && { error }) });
  }
  return { done, left: steps.length - done.length };
}

/** Why the server refused a statement. @throws what is of the connection, and the signal's reason */
const failureOf = (work: Promise<unknown>, signal: AbortSignal): Promise<string | undefined> =>
  untilAborted(work, signal).then(
    () => undefined,
    (error: Error & { code?: string }) => {
      if (signal.aborted || !/^(?!57P)[0-9A-Z]{5}$/.test(error.code ?? '')) throw error;
      return error.message;
    },
  );

/** A statement that is given up ends when its connection is closed. */
function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  return new Promise((resolve, reject) => {
    const giveUp = () => reject(signal.reason);
    signal.addEventListener('abort', giveUp, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', giveUp));
  });
}

async function leftovers(connection: Queryable, options: MaintainOptions): Promise<MaintenanceStep[]> {
  const steps = await planMaintenance(connection, { ...options, scope: 'weekly' });
  return steps.filter(({ kind }) => kind === 'drop index');
}

/** What each index that was made anew takes up now. */
async function withSizes(connection: Queryable, done: readonly Done[]): Promise<Done[]> {
  const sizes = new Map((await listIndexes(connection)).map((index) => [shownName(index), index.bytes]));
  return done.map((each) => {
    const bytesAfter = each.kind === 'reindex' ? sizes.get(each.object) : undefined;
    return bytesAfter === undefined ? each : { ...each, bytesAfter };
  });
}
