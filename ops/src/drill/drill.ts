import path from 'node:path';
import { examineDatabase } from '../../../app/src/commands/doctor';
import { migrate } from '../../../app/src/database/migrations';
import { databaseRoles, ownerRole } from '../../../app/src/database/roles';
import { identifier, literal, sql, sqlOfFile } from '../../../app/src/database/sql';
import type { Manifest } from '../backup/manifest';
import { requireMarked, type Store } from '../backup/store';
import { manifestOf } from '../backup/verification';
import type { Progress } from '../cli/progress';
import { connected, type Server } from '../database/server';
import type { EnvironmentOf } from '../environment';
import { Refusal } from '../failures';
import { loadAndCompare, newestVerified, refuseNewerSchema } from '../restore/restore';
import { writeDrill } from './drill-record';
import { withEmbeddedScratch } from './embedded-scratch';
import { emptyData, type ScratchOptions, type ScratchServer, withScratchServer } from './scratch-server';
import { checkStructure } from './structure';

export interface DrillOptions {
  progress: Progress;
  signal?: AbortSignal | undefined;
}

/** What a drill found. */
export interface Drill {
  id: string;
  /** From the beginning to a database that the application works with. */
  rtoSeconds: number;
  /** How old the copy was: what would have been lost. */
  rpoSeconds: number;
  /** Migrations that this version had to make on it. */
  migrations: string[];
}

const database = 'stockdb';

const withEmptyServer = <T>(options: ScratchOptions, use: (server: ScratchServer) => Promise<T>): Promise<T> =>
  withScratchServer(options, emptyData, use);

/**
 * Restores a copy into a server of its own, with the application's roles and rights; compares every row, checks tables and indexes, has
 * this version's migrations run, and the application look at it. Nothing is left of it, whether it succeeds or fails.
 *
 * @throws Refusal naming what is not as it was copied
 */
export async function drill(
  store: Store,
  environment: EnvironmentOf<'drill'>,
  id: string | undefined,
  { progress, signal }: DrillOptions,
): Promise<Drill> {
  await requireMarked(store, environment.STOCK_ENVIRONMENT);
  const copy = id ?? (await newestVerified(store));
  const manifest = await manifestOf(store, copy);
  refuseNewerSchema(manifest);
  const started = performance.now();
  const rpoSeconds = Math.round((Date.now() - new Date(manifest.snapshotAt).getTime()) / 1000);
  const work = path.join(environment.BACKUP_WORK, 'drill');
  // Where there is no pg_dump there is no PostgreSQL on the PATH either, but that of the embedded product.
  const withServer = manifest.method === 'copy' ? withEmbeddedScratch : withEmptyServer;
  const migrations = await withServer({ work, signal }, async (server) => {
    await progress.step('making roles and rights', () => makeRoles(server));
    await loadAndCompare(
      store,
      manifest,
      server.as(database),
      { ...environment, BACKUP_WORK: work },
      { progress, signal },
    );
    await progress.step('checking tables and indexes (amcheck)', () => connected(server.as(database), checkStructure));
    const made = await progress.step("running this version's migrations", () => migrateAs(server));
    await progress.step('having the application look at it', () => examine(server, manifest));
    return made;
  });
  const rtoSeconds = Math.round((performance.now() - started) / 100) / 10;
  const result = { id: copy, rtoSeconds, rpoSeconds, migrations };
  await writeDrill(store, result);
  return result;
}

/** The server's roles, which in their own server have no other's password. */
async function makeRoles(server: ScratchServer): Promise<void> {
  const { DATABASE_PASSWORD: password } = server.as('postgres');
  await connected(server.as('postgres'), async (connection) => {
    await connection.query(sqlOfFile('roles.sql'));
    for (const role of databaseRoles) {
      await connection.query(sql`ALTER ROLE ${identifier(role)} PASSWORD ${literal(password as string)}`);
    }
    await connection.query(sql`CREATE DATABASE ${identifier(database)}`);
  });
  await connected(server.as(database), (connection) => connection.query(sqlOfFile('rights.sql')));
}

const asOwner = (server: ScratchServer): Server => {
  const address = server.as(database);
  const url = new URL(address.DATABASE_URL);
  url.username = ownerRole;
  return { ...address, DATABASE_URL: url.href };
};

/** The queue is elsewhere: its schema is nothing of a copy's. */
const migrateAs = (server: ScratchServer): Promise<string[]> =>
  migrate({ ...asOwner(server), QUEUE_URL: 'redis://127.0.0.1/0', QUEUE_PASSWORD: undefined }, 10, () => undefined);

async function examine(server: ScratchServer, { id, snapshotAt }: Manifest): Promise<void> {
  // As of its own day: a copy of last week is not behind.
  const wrong = (await examineDatabase(asOwner(server), new Date(snapshotAt))).filter(
    ({ state, check }) => state === 'wrong' && ofTheCopy.has(check),
  );
  if (wrong.length === 0) return;
  throw new Refusal(
    `copy ${id} is restored, and the application finds: ${wrong.map(({ check, finding }) => `${check}: ${finding}`).join('; ')}`,
  );
}

/** What the application looks at that is the copy's own: late data and failed jobs were late and failed before. */
const ofTheCopy: ReadonlySet<string> = new Set(['schema', 'partitions', 'indexes']);
