import type { AlertCases } from './alert-case';

// The time of the cases begins at 0: a moment that was is below it.
const success = (secondsAgo: number) => ({ stock_backup_last_success_timestamp_seconds: `${-secondsAgo}x600` });
const verified = (secondsAgo: number) => ({ stock_backup_last_verified_timestamp_seconds: `${-secondsAgo}x600` });
const drilled = (secondsAgo: number) => ({ stock_restore_drill_last_success_timestamp_seconds: `${-secondsAgo}x600` });
const baseMade = (secondsAgo: number) => ({
  stock_base_backup_last_success_timestamp_seconds: `${-secondsAgo}x600`,
});
const maintained = (scope: string, secondsAgo: number) => ({
  [`stock_maintenance_last_success_timestamp_seconds{scope="${scope}"}`]: `${-secondsAgo}x600`,
});
const hour = 3600;
const day = 24 * hour;
const attempts = (metric: string, failed: string) => ({
  [`${metric}{result="failed"}`]: failed,
  [`${metric}{result="ok"}`]: '0+1x120',
});
const copies = (state: string, count: number) => ({ [`stock_backup_copies{state="${state}"}`]: `${count}x600` });
const room = (free: number) => ({
  stock_backup_store_free_bytes: `${free}x60`,
  stock_backup_store_size_bytes: '100x60',
});

export const backupCases: AlertCases = {
  BackupMissing: {
    firing: { stock_backup_store_up: '1x60' },
    pendingAt: 20,
    firingAt: 40,
    says: 'No copy is known: nothing tells of copies, or there is none (value 1); a lost database would be lost',
    quiet: { stock_backup_store_up: '1x60', ...success(30 * hour) },
  },
  BackupTooOld: {
    firing: success(26 * hour),
    pendingAt: 4,
    firingAt: 10,
    says: 'The newest copy is of 1d 2h 10m 0s ago; what came after would be lost',
    quiet: success(25 * hour),
  },
  BackupFailed: {
    firing: attempts('stock_backup_attempts_total', '0x10 1+0x60'),
    pendingAt: 11,
    firingAt: 15,
    says: '1 attempts failed within an hour; it is tried again every 10 minutes',
    quiet: attempts('stock_backup_attempts_total', '3x60'),
  },
  BackupPartial: {
    firing: copies('partial', 2),
    pendingAt: 300,
    firingAt: 370,
    labels: { state: 'partial' },
    says: '2 copies are partial; they count as none',
    quiet: { ...copies('partial', 0), ...copies('damaged', 0), ...copies('unverified', 3), ...copies('verified', 9) },
  },
  BackupShrank: {
    firing: { stock_backup_last_size_bytes: '1000x100 400x60' },
    pendingAt: 103,
    firingAt: 119,
    says: 'The newest copy has 40% of the size that is usual within 7 days',
    quiet: { stock_backup_last_size_bytes: '1000x100 600x60' },
  },
  BackupUnverified: {
    firing: success(hour),
    pendingAt: 300,
    firingAt: 370,
    says: 'The newest copy, of 7h 10m 0s ago, was not read again since it was written',
    quiet: { ...success(hour), ...verified(hour) },
  },
  RestoreDrillLate: {
    firing: drilled(8 * day),
    pendingAt: 100,
    firingAt: 130,
    says: 'The last drill that succeeded was 8d 2h 10m 0s ago',
    quiet: drilled(7 * day),
  },
  MaintenanceLate: {
    firing: maintained('weekly', 8 * day),
    pendingAt: 100,
    firingAt: 130,
    labels: { scope: 'weekly' },
    says: 'The weekly upkeep was last done 8d 2h 10m 0s ago; indexes and tables grow, and statistics age',
    quiet: { ...maintained('weekly', 7 * day), ...maintained('monthly', 32 * day) },
  },
  RestoreDrillMissing: {
    firing: copies('verified', 2),
    pendingAt: 100,
    firingAt: 130,
    says: 'There are 2 verified copies, and none of them was restored in a drill',
    quiet: { ...copies('verified', 2), ...drilled(day) },
  },
  RestoreDrillFailed: {
    firing: attempts('stock_restore_drill_attempts_total', '0x10 1+0x60'),
    pendingAt: 11,
    firingAt: 15,
    says: '1 drills failed within an hour',
    quiet: attempts('stock_restore_drill_attempts_total', '1x60'),
  },
  WalArchiveStalled: {
    firing: { stock_wal_received_timestamp_seconds: '-600x60' },
    pendingAt: 4,
    firingAt: 10,
    says: 'The log came into the store 20m 0s ago; there is no point in time after, and the server keeps only so much of it',
    quiet: { stock_wal_received_timestamp_seconds: '0+60x60' },
  },
  WalArchiveMissing: {
    firing: { stock_wal_receiver_up: '0x60' },
    pendingAt: 10,
    firingAt: 20,
    says: 'Since the workload backup began, nothing of the log came into the store (receiver up: 0); points in time end before',
    quiet: { stock_wal_receiver_up: '1x60', stock_wal_received_timestamp_seconds: '0+60x60' },
  },
  BaseBackupLate: {
    firing: baseMade(8 * day),
    pendingAt: 100,
    firingAt: 130,
    says: 'The last base backup is of 8d 2h 10m 0s ago; the log since then is kept, and fills the volume',
    quiet: baseMade(7 * day),
  },
  BaseBackupMissing: {
    firing: { stock_wal_receiver_up: '1x600' },
    pendingAt: 100,
    firingAt: 130,
    says: 'The log is received (receiver up: 1), and there is no base backup: no point in time can be restored',
    quiet: { stock_wal_receiver_up: '1x600', ...baseMade(day) },
  },
  BackupStoreNearlyFull: {
    firing: room(10),
    pendingAt: 10,
    firingAt: 20,
    says: '10% of the volume is free; without room no copy is made',
    quiet: room(20),
  },
};
