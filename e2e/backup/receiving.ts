import { chmodSync, chownSync, existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { create, type Setting } from './case';
import { copiesIn } from './copies';
import { type Account, accountOf } from './postgres';

export const received = 'stock_wal_received_timestamp_seconds';
export const based = 'stock_base_backup_last_success_timestamp_seconds';
/** Never at a time of the run; what was never done is done at once. */
const schedules = {
  BACKUP_SCHEDULE: '0 0 1 1 *',
  DRILL_SCHEDULE: '0 0 1 1 *',
  BASE_BACKUP_SCHEDULE: '0 0 1 1 *',
};

/** By whom a server of its own is run: PostgreSQL refuses root. */
export const account: Account | undefined = process.getuid?.() === 0 ? accountOf('postgres') : undefined;

/** The setting of a keeper of points in time that has nothing else to do, whose folders are those of whom it runs as. */
export async function receiving(setting: Setting): Promise<Setting> {
  if (copiesIn(setting.store).length === 0) await create(setting);
  const drill = { schemaVersion: 1, succeededAt: new Date().toISOString(), rtoSeconds: 0, rpoSeconds: 0 };
  for (const id of copiesIn(setting.store)) {
    writeFileSync(path.join(setting.store, id, 'drill.json'), JSON.stringify(drill));
  }
  const work = setting.variables.BACKUP_WORK as string;
  mkdirSync(work, { recursive: true });
  if (account) {
    chownSync(work, account.uid, account.gid);
    if (existsSync(setting.store)) chownBelow(setting.store, account);
  }
  chmodSync(setting.folder, 0o755);
  return { ...setting, variables: { ...setting.variables, ...schedules } };
}

function chownBelow(folder: string, { uid, gid }: Account): void {
  chownSync(folder, uid, gid);
  for (const name of readdirSync(folder, { recursive: true })) chownSync(path.join(folder, name.toString()), uid, gid);
}

/** The server keeps the log for nobody, and nothing of the case, from here on. */
export const tidyUp = ({ postgres }: Setting): Promise<unknown> =>
  postgres.asSuperuser(async (client) => {
    await client.query('DROP TABLE IF EXISTS written');
    await client.query(
      "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name = 'stock_backup' AND NOT active",
    );
  });
