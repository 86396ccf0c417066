import { listCopies } from '../backup/list';
import { manifestOf } from '../backup/verification';
import { databaseOf } from '../database/server';
import { readDrill } from '../drill/drill-record';
import { Refusal } from '../failures';
import { administered, rename } from '../restore/databases';
import { lostSince, refuseSessions, stamp, undonePrefix } from '../restore/restore';
import type { Upgrading } from './upgrade';
import { writeUpgradeRecord } from './upgrade-record';
import { type UpgradeState, upgradeState } from './upgrade-state';

/** What an undo has brought about. */
export interface Undone {
  /** Whether the old server is open again; otherwise it has to be deployed, and the undo run again. */
  isOpen: boolean;
  /** What the database of the new server is called now, undefined where there was none. */
  kept: string | undefined;
  /** The major versions of the old server and of the new one. */
  major: number;
  next: number | undefined;
}

/**
 * Goes back: what the new server has is closed and kept, the old one's database gets its name again.
 *
 * @throws Refusal when nothing is under way, or programs still use the new server's database
 */
export async function undoUpgrade(upgrading: Upgrading): Promise<Undone> {
  const { store, environment } = upgrading;
  const state = await upgradeState(store, environment);
  switch (state.step) {
    case 'live':
      throw new Refusal('no upgrade is under way, so there is nothing to undo');
    case 'closed':
    case 'copied':
      return open(upgrading, state);
    case 'awaiting':
      await upgrading.confirm([`${environment.STOCK_ENVIRONMENT}: nothing is lost, the old server has all`]);
      await writeUpgradeRecord(store, state.id, { ...state.record, ended: 'undone' });
      return { isOpen: false, kept: undefined, major: state.record.from, next: state.record.to };
    case 'restored':
      return giveUp(upgrading, state);
  }
}

/** On the old server: the copy counts as none of an upgrade first, so that no new server gets it once there are writes here again. */
async function open(
  { store, environment, progress, confirm }: Upgrading,
  state: Extract<UpgradeState, { step: 'closed' | 'copied' }>,
): Promise<Undone> {
  const live = databaseOf(environment);
  await confirm([`${environment.STOCK_ENVIRONMENT}: nothing is lost, ${state.database} becomes ${live} again`]);
  if (state.step === 'copied') await writeUpgradeRecord(store, state.id, { ...state.record, ended: 'undone' });
  await progress.step(`opening the database: ${state.database} becomes ${live}`, () =>
    administered(environment, (connection) => rename(connection, state.database, live)),
  );
  return { isOpen: true, kept: undefined, major: state.server.major, next: undefined };
}

async function giveUp(
  { store, environment, progress, confirm }: Upgrading,
  { id, record }: Extract<UpgradeState, { step: 'restored' }>,
): Promise<Undone> {
  const live = databaseOf(environment);
  await refuseSessions(environment, live);
  const { snapshotAt } = await manifestOf(store, id);
  const lost = await lostSince(environment, new Date(snapshotAt));
  await confirm([
    `${environment.STOCK_ENVIRONMENT}: back to PostgreSQL ${record.from} as it was at ${snapshotAt}`,
    `lost is what came since: ${lost?.jobs ?? 0} jobs and ${lost?.bars ?? 0} bars of the new server`,
  ]);
  await refuseSessions(environment, live);
  const kept = `${undonePrefix}${stamp(new Date())}`;
  await progress.step(`closing the database: ${live} becomes ${kept}`, () =>
    administered(environment, (connection) => rename(connection, live, kept)),
  );
  await writeUpgradeRecord(store, id, { ...record, ended: 'undone' });
  return { isOpen: false, kept, major: record.from, next: record.to };
}

/**
 * Ends an upgrade for good: there is no way back afterwards, and the old volume may go.
 *
 * @returns the major version whose volume may go
 * @throws Refusal before the new server has a copy of its own that was verified and restored in a drill
 */
export async function confirmUpgrade({ store, environment, confirm }: Upgrading): Promise<number> {
  const state = await upgradeState(store, environment);
  if (state.step !== 'restored') {
    throw new Refusal('no new server has got its data, so there is nothing to confirm; see: stockops upgrade --check');
  }
  const { server, id, record } = state;
  const { copies } = await listCopies(store);
  const own = copies.findLast(
    ({ manifest, verification }) =>
      manifest?.server.systemIdentifier === server.systemIdentifier && verification.state === 'verified',
  );
  if (!own || !(await readDrill(store, own.id))) {
    throw new Refusal(
      `${own ? `the newest copy of the new server, ${own.id}, was not restored yet` : 'the new server has no verified copy yet'}, and the old volume is the way back until then; ${own ? '' : 'stockops backup create; '}stockops drill`,
    );
  }
  await confirm([
    `${environment.STOCK_ENVIRONMENT}: PostgreSQL ${server.version} stays; there is no way back to ${record.from} afterwards`,
  ]);
  await writeUpgradeRecord(store, id, { ...record, ended: 'confirmed' });
  return record.from;
}
