import { randomBytes } from 'node:crypto';
import { migrationNames } from '../../../app/src/database/migration-files';
import { appliedMigrations } from '../../../app/src/database/migrations';
import { identifier, sql } from '../../../app/src/database/sql';
import { fingerprintOf } from '../backup/fingerprint';
import type { Manifest } from '../backup/manifest';
import { requireMarked, type Store } from '../backup/store';
import { manifestOf, verificationOf } from '../backup/verification';
import type { Progress } from '../cli/progress';
import { connected, databaseOf, type Server, serverFacts, withDatabase } from '../database/server';
import { differences, tableFactsAtOnce } from '../database/table-facts';
import { makeOwnedFolder, removeFolder } from '../drill/owned-folder';
import type { EnvironmentOf } from '../environment';
import { Refusal } from '../failures';
import { together } from '../together';
import {
  administered,
  databaseExists,
  databasesNamed,
  dropDatabase,
  exchange,
  makeDatabase,
  restoringAlone,
  sessionsOn,
} from './databases';
import { loadCopy } from './load';
import { withOpenCopy } from './open-copy';
import { refreshStatistics } from './statistics';

/** What a restore is made in, until it is compared and takes the name of the live database. */
const restoringPrefix = 'stock_restoring_';
/** What was live before a restore. */
export const beforePrefix = 'stock_before_';
/** What was live before a restore was undone. */
export const undonePrefix = 'stock_undone_';

export interface RestoreOptions {
  /** Restores although API keys would be void: the key they are hashed under is another. */
  despiteKeys: boolean;
  progress: Progress;
  signal?: AbortSignal | undefined;
}

/** What a restore would do, to be shown before it is confirmed. */
export interface RestorePlan {
  manifest: Manifest;
  /** Of the snapshot, when the restore was asked for. */
  ageSeconds: number;
  /** What the live database has since; undefined where it cannot be asked. */
  lost: { jobs: number; bars: number } | undefined;
  /** Migrations that the copy does not have yet: the application's start makes them. */
  migrations: string[];
}

/** The newest verified copy. @throws Refusal when there is none */
export async function newestVerified(store: Store): Promise<string> {
  for (const id of [...(await store.contents()).copies].reverse()) {
    if ((await verificationOf(store, id)).state === 'verified') return id;
  }
  throw new Refusal(
    `there is no verified copy in ${store.place}; see what there is: stockops backup list; stockops backup verify`,
  );
}

/**
 * Looks whether a copy can be restored here, and at what is lost by it. Changes nothing.
 *
 * @throws Refusal when it is another environment's, of a newer schema or server, or the key of API keys is another
 */
export async function planRestore(
  store: Store,
  environment: EnvironmentOf<'restore'>,
  id: string,
  { despiteKeys }: Pick<RestoreOptions, 'despiteKeys'>,
): Promise<RestorePlan> {
  await requireMarked(store, environment.STOCK_ENVIRONMENT);
  const manifest = await manifestOf(store, id);
  if (manifest.environment !== environment.STOCK_ENVIRONMENT) {
    throw new Refusal(
      `copy ${id} is of the environment "${manifest.environment}", this is "${environment.STOCK_ENVIRONMENT}"; restore a copy of this one`,
    );
  }
  refuseNewerSchema(manifest);
  if (!despiteKeys) refuseOtherKeys(manifest, environment);
  await refuseNewerServer(manifest, environment);
  await reopen(environment);
  return {
    manifest,
    ageSeconds: Math.round((Date.now() - new Date(manifest.snapshotAt).getTime()) / 1000),
    lost: await lostSince(environment, new Date(manifest.snapshotAt)).catch(() => undefined),
    migrations: migrationNames.filter((name) => !manifest.application.migrations.includes(name)),
  };
}

/** @throws Refusal when the copy has a migration that this version does not know */
export function refuseNewerSchema({ id, application: { migrations, version } }: Manifest): void {
  const unknown = migrations.filter((name) => !migrationNames.includes(name));
  if (unknown.length === 0) return;
  throw new Refusal(
    `copy ${id} was made by version ${version} and has migrations that this version does not know (${unknown.join(', ')}); use stockops of that version or a later one`,
  );
}

/** What pg_dump writes of a newer server is not for an older one; rows that were copied by COPY are. */
async function refuseNewerServer({ id, method, server }: Manifest, environment: Server): Promise<void> {
  const { major, version } = await administered(environment, serverFacts);
  if (method === 'copy' || server.major <= major) return;
  throw new Refusal(
    `copy ${id} is of PostgreSQL ${server.version}, this server is ${version}; restore a copy of ${major} or before: stockops backup list --json names the versions`,
  );
}

/** A key that is hashed under the secret key before is renewed when it is used. */
function refuseOtherKeys({ id, keys }: Manifest, environment: EnvironmentOf<'restore'>): void {
  const { SECRET_KEY, FORMER_SECRET_KEY } = environment;
  const found = [SECRET_KEY, FORMER_SECRET_KEY].flatMap((key) => (key ? [fingerprintOf(key)] : []));
  for (const { name, fingerprint } of keys) {
    if (found.includes(fingerprint)) continue;
    const given = found.length > 0 ? `those given are ${found.join(' and ')}` : 'none is given';
    throw new Refusal(
      `copy ${id} needs the ${name} with the fingerprint ${fingerprint}, ${given}: no API key would be valid; put the old key back, or say --despite-keys and make new API keys`,
    );
  }
}

/**
 * Restores a copy into a database of its own, compares it with the manifest and gives it the name of the live one, which
 * stays under another name.
 *
 * @returns the name of what was live before
 * @throws Refusal when programs still use the live database, or what was restored is not what was copied: nothing is changed then
 */
export async function restoreCopy(
  store: Store,
  environment: EnvironmentOf<'restore'>,
  { manifest }: RestorePlan,
  options: RestoreOptions,
): Promise<string> {
  const live = databaseOf(environment);
  await refuseSessions(environment, live);
  return withRestored(store, environment, manifest, options, async (restored) => {
    await refuseSessions(environment, live);
    const giveWayTo = `${beforePrefix}${stamp(new Date())}`;
    await options.progress.step(`changing names: ${live} becomes ${giveWayTo}`, () =>
      administered(environment, (server) => exchange(server, { live, becomesLive: databaseOf(restored), giveWayTo })),
    );
    return giveWayTo;
  });
}

/**
 * Works with a copy in a database of its own beside the live one. It is dropped then, unless it has another name by now.
 *
 * @throws Refusal when another restore is under way
 */
export const withRestored = <T>(
  store: Store,
  environment: EnvironmentOf<'restore'>,
  manifest: Manifest,
  options: RestoreOptions,
  work: (restored: Server) => Promise<T>,
): Promise<T> => restoringAlone(environment, () => restoredAlone(store, environment, manifest, options, work));

async function restoredAlone<T>(
  store: Store,
  environment: EnvironmentOf<'restore'>,
  manifest: Manifest,
  options: RestoreOptions,
  work: (restored: Server) => Promise<T>,
): Promise<T> {
  const restoring = `${restoringPrefix}${randomBytes(4).toString('hex')}`;
  await administered(environment, async (server) => {
    for (const left of await databasesNamed(server, restoringPrefix)) {
      options.progress.note(`${left} was never finished and is dropped`);
      await dropDatabase(server, left);
    }
    await makeDatabase(environment, server, restoring, databaseOf(environment));
  });
  try {
    const restored = withDatabase(environment, restoring);
    await loadAndCompare(store, manifest, restored, environment, options);
    return await work(restored);
  } finally {
    // One that is left is dropped by the next restore; why this one failed is said.
    await administered(environment, (server) => dropDatabase(server, restoring)).catch(() => undefined);
  }
}

/** Fills an empty database from a copy. @throws Refusal when its rows are not those of the manifest */
export async function loadAndCompare(
  store: Store,
  manifest: Manifest,
  target: Server,
  environment: EnvironmentOf<'drill'>,
  { progress, signal }: Pick<RestoreOptions, 'progress' | 'signal'>,
): Promise<void> {
  const work = await makeOwnedFolder(environment.BACKUP_WORK, 'restore-');
  try {
    const opening = { work, identity: environment.BACKUP_AGE_IDENTITY, progress, signal };
    await withOpenCopy(store, manifest, opening, (folder, stop) =>
      progress.step(`restoring ${manifest.tables.length} tables`, () =>
        loadCopy(manifest, { server: target, folder, work, jobs: environment.BACKUP_JOBS, signal: stop }),
      ),
    );
  } finally {
    await removeFolder(work);
  }
  await progress.step('comparing every row with the manifest', async (tell) => {
    const told = (done: number, all: number) => tell(`${done} of ${all} tables`);
    const [found] = await together(signal, (stop) => [
      tableFactsAtOnce(target, environment.BACKUP_JOBS, (done, all) => {
        stop.throwIfAborted();
        told(done, all);
      }),
      refreshStatistics(target),
    ]);
    const wrong = differences(manifest.tables, found);
    if (wrong.length > 0) {
      throw new Refusal(
        `what was restored is not copy ${manifest.id}: ${wrong.join('; ')}; the live database is as it was`,
      );
    }
  });
}

/** Puts the database back that was live before the last restore. @returns the name of what was live until now */
export const undoRestore = (environment: EnvironmentOf<'restore'>): Promise<{ restored: string; now: string }> =>
  restoringAlone(environment, async () => {
    const live = databaseOf(environment);
    await reopen(environment);
    await refuseSessions(environment, live);
    return administered(environment, async (server) => {
      const restored = (await databasesNamed(server, beforePrefix)).at(-1);
      if (!restored)
        throw new Refusal(`there is no ${beforePrefix}… on the server: nothing was restored, or it was forgotten`);
      const now = `${undonePrefix}${stamp(new Date())}`;
      await exchange(server, { live, becomesLive: restored, giveWayTo: now });
      return { restored, now };
    });
  });

/** Drops what restores left. @returns their names */
export const forgetRestores = (environment: EnvironmentOf<'restore'>): Promise<string[]> =>
  restoringAlone(environment, () =>
    administered(environment, async (server) => {
      const found: string[] = [];
      for (const prefix of [beforePrefix, undonePrefix, restoringPrefix])
        found.push(...(await databasesNamed(server, prefix)));
      for (const name of found) await dropDatabase(server, name);
      return found;
    }),
  );

/** The end of a name of a database. */
export const stamp = (moment: Date): string =>
  `${moment.toISOString().slice(0, 19).replaceAll(/[-:]/g, '').toLowerCase()}z`;

/** A restore that was killed in the middle of its exchange left the live database closed. */
export async function reopen(environment: Server): Promise<void> {
  const live = databaseOf(environment);
  await administered(environment, async (server) => {
    if (!(await databaseExists(server, live))) {
      throw new Refusal(
        `the server has no database "${live}"; start the server of this environment once, or correct DATABASE_URL`,
      );
    }
    const { rowCount } = await server.query(sql`SELECT FROM pg_database WHERE datname = $1 AND NOT datallowconn`, [
      live,
    ]);
    if (rowCount) await server.query(sql`ALTER DATABASE ${identifier(live)} WITH ALLOW_CONNECTIONS true`);
  });
}

/** Programs that only look may be interrupted; whoever writes would lose what was answered. */
const watchers = /^(stockops|postgres_exporter|stock_monitor|psql)$/;

/** @throws Refusal when programs that write still work on the database */
export async function refuseSessions(environment: Server, live: string): Promise<void> {
  const sessions = await administered(environment, (server) => sessionsOn(server, live));
  const writers = sessions.filter(({ program }) => !watchers.test(program));
  if (writers.length === 0) return;
  const named = writers.map(({ program, sessions: count }) => `${program} (${count})`).join(', ');
  throw new Refusal(
    `${named} still work on the database "${live}"; stop them first: docs/backup.md has the command for each target`,
  );
}

/** What came after the copy: accepted jobs, and bars that were stored. */
export async function lostSince(environment: Server, moment: Date): Promise<RestorePlan['lost']> {
  return connected(environment, async (connection) => {
    if ((await appliedMigrations(connection)).length === 0) return undefined;
    const { rows } = await connection.query<{ jobs: number; bars: number }>(
      sql`SELECT (SELECT count(*)::int FROM job WHERE created_at > $1) AS jobs,
        (SELECT count(*)::int FROM stock_data WHERE created_at > $1 OR corrected_at > $1) AS bars`,
      [moment],
    );
    return rows[0];
  });
}
