import type { Queryable } from '../../../app/src/database/pool';
import { sql } from '../../../app/src/database/sql';
import { requireMarked, type Store } from '../backup/store';
import { manifestOf } from '../backup/verification';
import { databaseOf, type ServerFacts, serverFacts } from '../database/server';
import type { EnvironmentOf } from '../environment';
import { Refusal } from '../failures';
import { administered } from '../restore/databases';
import { type UpgradeRecord, upgradeUnderWay } from './upgrade-record';

/** What the database of the old server is called from the moment it is closed; then the moment. */
export const closedPrefix = 'stock_upgrading_';

/** What is written on the database of the new server before it takes the name of the live one: the copy that it was made of. */
export const commentOf = (id: string): string => `stockops: upgraded from copy ${id}`;

/** Where an upgrade is; all of it is what the server and the store have, so that whoever was killed goes on from there. */
export type UpgradeState = { server: ServerFacts } & (
  | { step: 'live' }
  /** The old server takes no clients any more. */
  | { step: 'closed'; database: string }
  /** And everything that it had is in a copy. */
  | { step: 'copied'; database: string; id: string; record: UpgradeRecord }
  /** The new server does not have the copy yet: no database, unless it was deployed without a word of the upgrade. */
  | { step: 'awaiting'; id: string; record: UpgradeRecord; isLive: boolean }
  | { step: 'restored'; id: string; record: UpgradeRecord }
);

/** @throws Refusal where the server and the store do not belong together */
export async function upgradeState(store: Store, environment: EnvironmentOf<'restore'>): Promise<UpgradeState> {
  await requireMarked(store, environment.STOCK_ENVIRONMENT);
  const live = databaseOf(environment);
  const { server, databases } = await administered(environment, async (connection) => ({
    server: await serverFacts(connection),
    databases: await databasesOf(connection, live),
  }));
  const underWay = await upgradeUnderWay(store);
  const isLive = databases.has(live);
  const closed = [...databases.keys()].filter((name) => name !== live).at(-1);
  if (!isLive && closed) {
    const isOfClosed = underWay && (await manifestOf(store, underWay.id)).server.database === closed;
    return isOfClosed
      ? { step: 'copied', server, database: closed, ...underWay }
      : { step: 'closed', server, database: closed };
  }
  if (underWay?.record.to !== server.major) {
    if (isLive) return { step: 'live', server };
    throw new Refusal(
      `the server of PostgreSQL ${server.version} has no database "${live}", and ${store.place} has no copy of an upgrade to it that is under way; set postgres.major back to what it was, and deploy`,
    );
  }
  const { id, record } = underWay;
  const isOfCopy = record.restoredOn === server.systemIdentifier || databases.get(live) === commentOf(id);
  return isLive && isOfCopy
    ? { step: 'restored', server, id, record }
    : { step: 'awaiting', server, id, record, isLive };
}

/** The live database, and what an upgrade has closed, with what is written on them. */
async function databasesOf(connection: Queryable, live: string): Promise<ReadonlyMap<string, string | null>> {
  const { rows } = await connection.query<{ name: string; comment: string | null }>(
    sql`SELECT datname AS name, shobj_description(oid, 'pg_database') AS comment FROM pg_database
      WHERE datname = $1 OR datname ^@ $2 ORDER BY 1`,
    [live, closedPrefix],
  );
  return new Map(rows.map(({ name, comment }) => [name, comment]));
}
