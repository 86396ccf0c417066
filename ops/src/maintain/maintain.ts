import { tryLock } from '../../../app/src/database/lock';
import type { Queryable } from '../../../app/src/database/pool';
import { ownerRole } from '../../../app/src/database/roles';
import { identifier, sql } from '../../../app/src/database/sql';
import type { Progress } from '../cli/progress';
import { connected, type Server } from '../database/server';
import { withoutMigrations } from '../database/snapshot';
import { stoppable } from '../database/stoppable';
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
  /** Tables beside ours that others have. */
  leftAlone: string[];
}

interface Limits {
  lock: string;
  statement: string;
}

/** Waiting for others holds nobody up: what is done concurrently blocks neither reads nor writes. */
const limits: Limits = { lock: '60s', statement: '2h' };
const limitsOfLook: Limits = { lock: '10s', statement: '1min' };
/** Of who was stopped, and still has to take away what it began. */
const limitsOfEnd: Limits = { lock: '5s', statement: '10s' };

/** What would be done. Nothing is changed, and nothing is locked. @throws Refusal as `maintain`, but for what is under way */
export const planOf = (server: Server, scope: Scope, year: number): Promise<MaintenanceStep[]> =>
  connected(server, async (connection) => {
    await limit(connection, limitsOfLook);
    await requireUsable(connection);
    return planMaintenance(connection, { scope, year });
  });

/**
 * Does the upkeep of a database while it is used (manual 3.6). What fails does not keep the rest from being done; who is stopped takes away
 * what was begun.
 *
 * @throws Refusal while a migration, a copy, or the making of indexes is under way, and where the database takes no writes
 */
export const maintain = (server: Server, options: MaintainOptions): Promise<Maintained> =>
  whileNobodyElse(server, () =>
    connected(server, async (connection) => {
      await limit(connection, limits);
      await requireUsable(connection);
      const before = await databaseBytes(connection);
      const steps = await planMaintenance(connection, options);
      const { done, left } = await doAll({ server, connection }, steps, options).catch(async (error) => {
        if (options.signal.aborted) await endStopped({ server, connection }, options);
        throw error;
      });
      // What a REINDEX that failed began.
      const { done: cleared } = await doAll({ server, connection }, await leftovers(connection, options), options);
      const tables = await listTables(connection);
      return {
        scope: options.scope,
        done: await withSizes(connection, [...done, ...cleared]),
        left,
        databaseBytes: { before, after: await databaseBytes(connection) },
        tables: tables.filter(({ isOurs }) => isOurs),
        leftAlone: tables.filter(({ isOurs }) => !isOurs).map(shownName),
      };
    }),
  );

const limit = (connection: Queryable, { lock, statement }: Limits) =>
  connection.query(sql`SELECT set_config('lock_timeout', $1, false), set_config('statement_timeout', $2, false)`, [
    lock,
    statement,
  ]);

/** Under the locks that migrations, copies and `stock db index` take. */
export const whileNobodyElse = <T>(server: Server, work: () => Promise<T>): Promise<T> =>
  withoutMigrations(server, 0, () =>
    connected(server, async (holder) => {
      await holder.query(sql`BEGIN`);
      if (await tryLock(holder, sql`hashtextextended('ensure indexes', 0)`)) return work();
      throw new Refusal('`stock db index` is making the indexes; wait until it has ended');
    }),
  );

/**
 * Becomes the owner of the tables: what is made has to be the owner's, whoever of its members makes it.
 *
 * @throws Refusal where this user may not, the database takes no writes, or the application has made no tables yet
 */
export async function requireUsable(connection: Queryable): Promise<void> {
  await becomeOwner(connection);
  await requireWritable(connection);
  await requireTables(connection);
}

async function becomeOwner(connection: Queryable): Promise<void> {
  await connection.query(sql`SET ROLE ${identifier(ownerRole)}`).catch(({ message }: Error) => {
    throw new Refusal(
      `upkeep is done as the owner of the tables, and this user cannot be it: ${message}; DATABASE_URL has to name ${ownerRole}, or a member of it`,
    );
  });
}

/** REINDEX, VACUUM and ANALYZE do what they do in a session that is read-only, too: PostgreSQL would not say so. */
async function requireWritable(connection: Queryable): Promise<void> {
  const { rows } = await connection.query<{ isReadOnly: boolean; isStandby: boolean; source: string }>(sql`
    SELECT current_setting('transaction_read_only')::boolean AS "isReadOnly", pg_is_in_recovery() AS "isStandby", source
    FROM pg_settings WHERE name = 'default_transaction_read_only'`);
  const { isReadOnly, isStandby, source } = rows[0] as (typeof rows)[number];
  if (isStandby) throw new Refusal('this server is a standby; nothing was done: point DATABASE_URL at the primary');
  if (!isReadOnly) return;
  throw new Refusal(
    `the database is to take no writes (default_transaction_read_only is on, set by: ${source}); nothing was done: ` +
      'PostgreSQL would make indexes anew all the same. End that first, or wait for whoever set it',
  );
}

/** @throws Refusal where the application has made none yet */
async function requireTables(connection: Queryable): Promise<void> {
  if ((await listTables(connection)).some(({ name }) => name === 'stock_data')) return;
  throw new Refusal(
    'the database has no tables of the application yet, so nothing is to be done; they are made by: stock migrate',
  );
}

interface Working {
  server: Server;
  connection: Queryable;
}

async function doAll(
  { server, connection }: Working,
  steps: readonly MaintenanceStep[],
  { limitSeconds, progress, signal }: MaintainOptions,
): Promise<{ done: Done[]; left: number }> {
  const deadline = performance.now() + limitSeconds * 1000;
  const done: Done[] = [];
  for (const step of steps) {
    if (performance.now() > deadline) break;
    const { run, ...what } = step;
    const started = performance.now();
    const end = await progress.step(`${what.kind} ${what.object}`, () =>
      endOf(
        stoppable(server, connection, signal, () => run(connection)),
        signal,
      ),
    );
    done.push({ ...what, seconds: (performance.now() - started) / 1000, ...end });
  }
  return { done, left: steps.length - done.length };
}

/** What is no more: somebody has dropped it since it was looked at. */
const isGone = (code: string): boolean => code === '42P01';

/** How a statement ended. @throws what is of the connection, and the signal's reason */
const endOf = (
  work: Promise<unknown>,
  signal: AbortSignal,
): Promise<Pick<Done, 'error'> & Partial<Pick<Done, 'why'>>> =>
  work.then(
    () => ({}),
    (error: Error & { code?: string }) => {
      signal.throwIfAborted();
      const { code = '', message } = error;
      if (isGone(code)) return { why: 'somebody has dropped it meanwhile' };
      if (!/^(?!57P)[0-9A-Z]{5}$/.test(code)) throw error;
      return { error: message };
    },
  );

/** Drops what a REINDEX that was stopped has begun; where others keep it from that, the next run does it. */
async function endStopped({ server, connection }: Working, options: MaintainOptions): Promise<void> {
  await limit(connection, limitsOfEnd);
  const { signal } = new AbortController();
  const { done } = await doAll({ server, connection }, await leftovers(connection, options), { ...options, signal });
  const kept = done.filter(({ error }) => error !== undefined).map(({ object }) => object);
  if (kept.length === 0) options.progress.note('what was begun is taken back; what was done before stays done');
  else options.progress.note(`${kept.join(', ')} stays, used by no query: the next \`stockops maintain\` drops it`);
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
