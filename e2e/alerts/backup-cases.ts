import { PG_MIGRATE_LOCK_ID } from 'node-pg-migrate';
import { canMount } from '../faults/small-disk';
import type { Case } from './cases';
import { everyMinute } from './kept-database';

// Their names begin with "backup", for --only.

/** Remembered for an hour, they would be told of again beside the next fault. */
export const failuresOfCopies = {
  alerts: ['BackupFailed', 'RestoreDrillFailed'],
  shortened: { '[1h]': '[2m]' },
};

/** What is told of after days or hours, in minutes. */
const age = { ' > 93600': ' > 90' };
const weeks = { ' > 691200': ' > 60' };
const usualSize = { '[7d:1h]': '[30m:15s]' };
const logAge = { ' > 600': ' > 120' };

const onMount: readonly Case[] = [
  {
    name: 'backup: the volume of the copies is nearly full',
    alerts: ['BackupStoreNearlyFull'],
    inject: async (_, kept) => kept.nearlyFillVolume(),
  },
];

export const backupCases: readonly Case[] = [
  {
    name: 'backup: copies stop, as a migration never ends',
    alerts: ['BackupTooOld'],
    // A copy waits for five minutes, then it has failed.
    mayFollow: ['BackupFailed'],
    shortened: age,
    async inject(_, kept) {
      const migration = await kept.connect();
      await migration.query(`SELECT pg_advisory_lock(${PG_MIGRATE_LOCK_ID})`);
      await kept.startKeeper({ backup: everyMinute });
      return async () => {
        await migration.end();
        await kept.startKeeper();
        await kept.stockops('backup', 'create');
      };
    },
  },
  {
    name: 'backup: the store is not the one that was marked',
    alerts: ['BackupMissing'],
    inject: async (_, kept) => kept.unmark(),
  },
  {
    name: 'backup: what keeps the copies was killed',
    alerts: ['TargetDown', 'BackupMissing'],
    async inject(_, kept) {
      kept.killKeeper();
      return () => kept.startKeeper();
    },
  },
  {
    name: 'backup: pg_dump fails, as a table is locked',
    alerts: ['BackupFailed'],
    // It is partial for longer than is waited for here, and not in production.
    mayFollow: ['BackupPartial'],
    async inject(_, kept) {
      const unlock = await kept.lockTable();
      await kept.startKeeper({ backup: everyMinute });
      return async () => {
        await unlock();
        await kept.startKeeper();
      };
    },
  },
  {
    name: 'backup: all was killed while a copy was made',
    alerts: ['BackupPartial'],
    async inject(_, kept) {
      const unlock = await kept.lockTable();
      await kept.startKeeper({ backup: everyMinute });
      await kept.untilCopyIsUnderWay();
      kept.killKeeper();
      await unlock();
      await kept.startKeeper();
      return async () => void (await kept.stockops('backup', 'create'));
    },
  },
  {
    name: 'backup: a copy was made and not read again',
    alerts: ['BackupUnverified'],
    async inject(_, kept) {
      kept.forgetVerification();
      return async () => void (await kept.stockops('backup', 'verify'));
    },
  },
  {
    name: 'backup: a file of the newest copy is damaged when it is drilled',
    alerts: ['RestoreDrillFailed', 'BackupPartial'],
    async inject(_, kept) {
      await kept.stockops('backup', 'create');
      kept.damageNewest();
      await kept.startKeeper({ drill: everyMinute });
      return async () => {
        await kept.startKeeper();
        await kept.stockops('backup', 'prune', '--delete');
      };
    },
  },
  {
    name: 'backup: no drill is made for long',
    alerts: ['RestoreDrillLate'],
    shortened: weeks,
    inject: async (_, kept) => async () => void (await kept.stockops('drill')),
  },
  {
    name: 'backup: no drill ever succeeds',
    alerts: ['RestoreDrillMissing', 'RestoreDrillFailed'],
    async inject(_, kept) {
      const allow = kept.forgetDrills();
      return async () => {
        await allow();
        await kept.stockops('drill');
      };
    },
  },
  {
    name: 'backup: no upkeep is done for long, as a migration never ends',
    alerts: ['MaintenanceLate'],
    shortened: weeks,
    async inject(_, kept) {
      const migration = await kept.connect();
      await migration.query(`SELECT pg_advisory_lock(${PG_MIGRATE_LOCK_ID})`);
      await kept.startKeeper({ maintenance: everyMinute });
      return async () => {
        await migration.end();
        await kept.startKeeper();
        await kept.stockops('maintain');
      };
    },
  },
  {
    name: 'backup: what receives the log is frozen while the database is written to',
    alerts: ['WalArchiveStalled'],
    shortened: logAge,
    async inject(_, kept) {
      kept.signalReceiver('SIGSTOP');
      const end = kept.keepWriting();
      return async () => {
        await end();
        kept.signalReceiver('SIGCONT');
      };
    },
  },
  {
    name: 'backup: no base backup is made for long',
    alerts: ['BaseBackupLate'],
    shortened: weeks,
    inject: async (_, kept) => () => kept.startKeeper({ base: everyMinute }),
  },
  {
    name: 'backup: no base backup ever succeeds',
    alerts: ['BaseBackupMissing'],
    async inject(_, kept) {
      const allow = kept.forgetBaseBackups();
      return async () => {
        await allow();
        await kept.startKeeper();
        await kept.untilDone();
      };
    },
  },
  {
    name: 'backup: nobody may receive the log',
    alerts: ['WalArchiveMissing'],
    async inject(_, kept) {
      await kept.sql('ALTER ROLE stock_backup NOREPLICATION');
      await kept.startKeeper();
      return async () => void (await kept.sql('ALTER ROLE stock_backup REPLICATION'));
    },
  },
  ...(canMount() ? onMount : []),
  {
    name: 'backup: the newest copy is much smaller, as a table was emptied',
    alerts: ['BackupShrank'],
    shortened: usualSize,
    async inject(_, kept) {
      await kept.sql('TRUNCATE trial');
      await kept.stockops('backup', 'create');
      return async () => {
        await kept.fillTable();
        await kept.stockops('backup', 'create');
      };
    },
  },
];
