import { pipeline } from 'node:stream/promises';
import { copyInto, copyOut } from '../../../app/src/database/copy';
import type { Queryable } from '../../../app/src/database/pool';
import { identifier, identifiers, literal, type Sql, sql } from '../../../app/src/database/sql';
import { closedMap } from '../../../app/src/runtime/closed-map';
import { UsageError } from '../../../app/src/runtime/usage-error';
import type { Store } from '../backup/store';
import { connected } from '../database/server';
import { givenColumns } from '../database/table-facts';
import type { EnvironmentOf } from '../environment';
import { type RestoreOptions, type RestorePlan, withRestored } from './restore';

/** Tables whose rows stand for themselves, with the column of their day. Jobs and keys belong to what else there is. */
const restorable = closedMap<Sql | undefined>({
  stock_data: sql`trade_date`,
  adjustment_factor: sql`trade_date`,
  suspension: sql`day`,
  trading_calendar: sql`day`,
  stock: undefined,
  symbol_alias: undefined,
});

/** What of a copy is restored. */
export interface Part {
  table: string;
  /** First and last day, both included. @default all days */
  days?: { from: string; to: string } | undefined;
}

/** @throws UsageError when the table is none of those, or has no days */
export function refuseImpossiblePart({ table, days }: Part): void {
  if (!restorable.has(table)) {
    throw new UsageError(`'${table}' cannot be restored alone; allowed: ${[...restorable.keys()].join(', ')}`);
  }
  if (!days) return;
  if (!restorable.get(table)) throw new UsageError(`'${table}' has no days; leave --from and --to out`);
  if (days.from > days.to) throw new UsageError(`--from ${days.from} is after --to ${days.to}`);
}

/**
 * Puts the rows of one table, or of some of its days, in the place of those of the live database, in one transaction. Readers see the
 * old rows or the new ones; who writes to the table waits.
 *
 * @returns how many rows were taken away and put in
 */
export async function restoreRows(
  store: Store,
  environment: EnvironmentOf<'restore'>,
  { manifest }: RestorePlan,
  part: Part,
  options: RestoreOptions,
): Promise<{ removed: number; inserted: number }> {
  return withRestored(store, environment, manifest, options, (restored) =>
    options.progress.step(`replacing rows of ${part.table}`, () =>
      connected(restored, (source) =>
        connected(environment, (target) => replace(source, target, part, options.signal)),
      ),
    ),
  );
}

async function replace(
  source: Queryable,
  target: Queryable,
  { table, days }: Part,
  signal: AbortSignal | undefined,
): Promise<{ removed: number; inserted: number }> {
  const name = sql`public.${identifier(table)}`;
  const day = restorable.get(table);
  const ofDays = days && day ? sql`WHERE ${day} BETWEEN ${literal(days.from)} AND ${literal(days.to)}` : sql``;
  const columns = identifiers(await sharedColumns(source, target, name));
  await target.query(sql`BEGIN`);
  await target.query(sql`CREATE TEMPORARY TABLE restored ON COMMIT DROP AS SELECT ${columns} FROM ${name} LIMIT 0`);
  const out = sql`COPY (SELECT ${columns} FROM ${name} ${ofDays}) TO STDOUT`;
  const into = sql`COPY restored (${columns}) FROM STDIN`;
  await pipeline(copyOut(source, out), copyInto(target, into), { signal });
  await target.query(sql`LOCK TABLE ${name} IN SHARE ROW EXCLUSIVE MODE`);
  const removed = await target.query(sql`DELETE FROM ${name} ${ofDays}`);
  const inserted = await target.query(sql`INSERT INTO ${name} (${columns}) SELECT ${columns} FROM restored`);
  await target.query(sql`COMMIT`);
  return { removed: removed.rowCount ?? 0, inserted: inserted.rowCount ?? 0 };
}

/** What the copy has and the live table keeps; the server works out the others. */
async function sharedColumns(source: Queryable, target: Queryable, table: Sql): Promise<string[]> {
  const there = new Set(await givenColumns(target, table));
  return (await givenColumns(source, table)).filter((name) => there.has(name));
}
