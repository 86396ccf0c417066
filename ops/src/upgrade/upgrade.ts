import { identifier, literal, sql } from '../../../app/src/database/sql';
import { createCopy } from '../backup/create';
import { rowsOf } from '../backup/manifest';
import type { Store } from '../backup/store';
import { manifestOf } from '../backup/verification';
import type { Progress } from '../cli/progress';
import { momentText } from '../cli/texts';
import { majorOf } from '../database/program';
import { databaseOf, withDatabase } from '../database/server';
import type { EnvironmentOf } from '../environment';
import { Refusal } from '../failures';
import { administered, exchange, rename } from '../restore/databases';
import { beforePrefix, refuseNewerSchema, refuseSessions, stamp, withRestored } from '../restore/restore';
import { checkUpgrade } from './check';
import { writeUpgradeRecord } from './upgrade-record';
import { closedPrefix, commentOf, type UpgradeState, upgradeState } from './upgrade-state';
import { type Upgrade, upgradeFrom, upgrades } from './upgrades';

/** What an upgrade works on. */
export interface Upgrading {
  store: Store;
  environment: EnvironmentOf<'restore'>;
  progress: Progress;
  signal?: AbortSignal | undefined;
  /** Has somebody say that it is wanted, who is told what it is. @throws UsageError when it is not */
  confirm(lines: readonly string[]): Promise<void>;
  /** The ways there are. @default those that are shipped */
  known?: readonly Upgrade[];
}

type At<Step extends UpgradeState['step']> = Extract<UpgradeState, { step: Step }>;

const lockWaitSeconds = 60;

/**
 * Goes on with an upgrade as far as it can: on the old server it is closed and copied, on the new one the copy is restored, compared
 * and given the name of the live database. Whoever was killed runs it again.
 *
 * @returns where it is then
 * @throws Refusal when something is in the way; what was done stays, and nothing else is
 */
export async function upgrade(upgrading: Upgrading): Promise<UpgradeState> {
  let state = await upgradeState(upgrading.store, upgrading.environment);
  if (state.step === 'live') state = await close(upgrading, state);
  if (state.step === 'closed') state = await copy(upgrading, state);
  if (state.step === 'awaiting') state = await restore(upgrading, state);
  return state;
}

/** Nobody is let into a database of this name but whoever makes copies: what is copied afterwards is all there ever was. */
async function close(upgrading: Upgrading, { server }: At<'live'>): Promise<At<'closed'>> {
  const { store, environment, progress, known = upgrades } = upgrading;
  const { findings } = await checkUpgrade(store, environment, known);
  const way = upgradeFrom(server.major, known);
  const failed = findings.filter(({ state }) => state === 'fail' || state === 'unknown');
  if (failed.length > 0) {
    throw new Refusal(
      `${failed.map(({ check, finding }) => `${check}: ${finding}`).join('; ')}; see what to do: stockops upgrade --check`,
    );
  }
  if (!way) throw new Refusal(`PostgreSQL ${server.version} is the newest that this version of the platform goes to`);
  const live = databaseOf(environment);
  await refuseSessions(environment, live);
  await upgrading.confirm([
    `${environment.STOCK_ENVIRONMENT}: PostgreSQL ${server.version} is closed and copied, to go to ${way.to}`,
    'nobody can read or write until the new server is there; until then: stockops upgrade undo',
  ]);
  await refuseSessions(environment, live);
  const database = `${closedPrefix}${stamp(new Date())}`;
  await progress.step(`closing the database: ${live} becomes ${database}`, () =>
    administered(environment, (connection) => rename(connection, live, database)),
  );
  return { step: 'closed', server, database };
}

async function copy(upgrading: Upgrading, { server, database }: At<'closed'>): Promise<At<'copied'>> {
  const { store, environment, progress, signal, known = upgrades } = upgrading;
  const way = upgradeFrom(server.major, known);
  if (!way) throw new Refusal(`no way is known from PostgreSQL ${server.version}; go back: stockops upgrade undo`);
  const options = { lockWaitSeconds, despiteClock: false, progress, signal };
  const { manifest, verification } = await createCopy(store, withDatabase(environment, database), options);
  if (verification.state !== 'verified') {
    throw new Refusal(
      `copy ${manifest.id} is not as it was written: ${verification.problems.join('; ')}; see the store, and run again: stockops upgrade`,
    );
  }
  const record = { from: way.from, to: way.to };
  await writeUpgradeRecord(store, manifest.id, record);
  return { step: 'copied', server, database, id: manifest.id, record: { schemaVersion: 1, ...record } };
}

async function restore(upgrading: Upgrading, state: At<'awaiting'>): Promise<At<'restored'>> {
  const { store, environment, progress, signal } = upgrading;
  const { server, id, record, isLive } = state;
  const manifest = await manifestOf(store, id);
  refuseNewerSchema(manifest);
  await refuseOlderPrograms(environment, server.major);
  const live = databaseOf(environment);
  if (isLive) await refuseSessions(environment, live);
  await upgrading.confirm([
    `${environment.STOCK_ENVIRONMENT}: copy ${id} of ${momentText(manifest.snapshotAt)}, ${rowsOf(manifest)} rows of PostgreSQL ${manifest.server.version}, goes to PostgreSQL ${server.version}`,
    ...(isLive ? [`its database "${live}", which is none of the old server's, gives way and is kept`] : []),
  ]);
  await withRestored(store, environment, manifest, { despiteKeys: true, progress, signal }, async (restored) => {
    const name = databaseOf(restored);
    await progress.step(`changing names: ${name} becomes ${live}`, () =>
      administered(environment, async (connection) => {
        await connection.query(sql`COMMENT ON DATABASE ${identifier(name)} IS ${literal(commentOf(id))}`);
        if (!isLive) return rename(connection, name, live);
        await refuseSessions(environment, live);
        const giveWayTo = `${beforePrefix}${stamp(new Date())}`;
        return exchange(connection, { live, becomesLive: name, giveWayTo });
      }),
    );
  });
  const restoredRecord = { ...record, restoredOn: server.systemIdentifier };
  await writeUpgradeRecord(store, id, restoredRecord);
  return { step: 'restored', server, id, record: restoredRecord };
}

/** An older pg_restore may take a dump and leave something of it out. */
async function refuseOlderPrograms({ BACKUP_METHOD }: EnvironmentOf<'restore'>, serverMajor: number): Promise<void> {
  if (BACKUP_METHOD === 'copy') return;
  const { major, version } = await majorOf('pg_restore');
  if (major >= serverMajor) return;
  throw new Refusal(
    `${version} is older than the server, PostgreSQL ${serverMajor}; deploy the image that is made for it (ops/Dockerfile with POSTGRES_IMAGE)`,
  );
}
