import type { Alert } from '../workload/observations';

const hour = 3600;
const day = 24 * hour;

/** What is told of copies of the database, by what keeps them. A moment that never was has no sample. */
export const backupAlerts: readonly Alert[] = [
  {
    name: 'BackupMissing',
    expression:
      'absent(stock_backup_store_up) or max(stock_backup_store_up) == 0 or absent(stock_backup_last_success_timestamp_seconds)',
    // The first copy of a new environment is made at once.
    forSeconds: hour / 2,
    severity: 'critical',
    summary: 'There is no copy of the database, or nobody can tell',
    description:
      'No copy is known: {{ if eq $value 0.0 }}their store is away, or is not the one of this environment{{ else }}nothing tells of copies, or there is none{{ end }} (value {{ $value }}); a lost database would be lost',
  },
  {
    name: 'BackupTooOld',
    // A copy a day, and two hours to make it.
    expression: `time() - max(stock_backup_last_success_timestamp_seconds) > ${26 * hour}`,
    forSeconds: 300,
    severity: 'critical',
    summary: 'The newest copy of the database is too old',
    description: 'The newest copy is of {{ $value | humanizeDuration }} ago; what came after would be lost',
    explains: ['BackupFailed'],
  },
  {
    name: 'BackupFailed',
    expression: 'sum(increase(stock_backup_attempts_total{result="failed"}[1h])) > 0',
    forSeconds: 60,
    severity: 'warning',
    summary: 'A copy of the database could not be made',
    description: '{{ $value | printf "%.0f" }} attempts failed within an hour; it is tried again every 10 minutes',
  },
  {
    name: 'BackupPartial',
    expression: 'sum by (state) (stock_backup_copies{state=~"partial|damaged"}) > 0',
    // One that is being made is partial.
    forSeconds: 6 * hour,
    severity: 'warning',
    summary: 'There are copies that are not whole',
    description: '{{ $value | printf "%.0f" }} copies are {{ $labels.state }}; they count as none',
  },
  {
    name: 'BackupShrank',
    expression:
      'max(stock_backup_last_size_bytes) / quantile_over_time(0.5, max(stock_backup_last_size_bytes)[7d:1h]) < 0.5',
    forSeconds: 900,
    severity: 'warning',
    summary: 'The newest copy of the database is much smaller than those before it',
    description: 'The newest copy has {{ $value | humanizePercentage }} of the size that is usual within 7 days',
  },
  {
    name: 'BackupUnverified',
    expression:
      'time() - (max(stock_backup_last_success_timestamp_seconds) unless max(stock_backup_last_success_timestamp_seconds) == max(stock_backup_last_verified_timestamp_seconds))',
    forSeconds: 6 * hour,
    severity: 'warning',
    summary: 'The newest copy of the database was not read again',
    description: 'The newest copy, of {{ $value | humanizeDuration }} ago, was not read again since it was written',
  },
  {
    name: 'RestoreDrillMissing',
    expression:
      'sum(stock_backup_copies{state="verified"}) > 0 unless max(stock_restore_drill_last_success_timestamp_seconds)',
    // The first copy is drilled as soon as it is there.
    forSeconds: 2 * hour,
    severity: 'warning',
    summary: 'No copy of the database was restored yet',
    description: 'There are {{ $value | printf "%.0f" }} verified copies, and none of them was restored in a drill',
  },
  {
    name: 'RestoreDrillLate',
    expression: `time() - max(stock_restore_drill_last_success_timestamp_seconds) > ${8 * day}`,
    forSeconds: 2 * hour,
    severity: 'warning',
    summary: 'No copy of the database was restored for long',
    description: 'The last drill that succeeded was {{ $value | humanizeDuration }} ago',
  },
  {
    name: 'RestoreDrillFailed',
    expression: 'sum(increase(stock_restore_drill_attempts_total{result="failed"}[1h])) > 0',
    forSeconds: 60,
    severity: 'warning',
    summary: 'A copy of the database could not be restored in a drill',
    description: '{{ $value | printf "%.0f" }} drills failed within an hour',
  },
  {
    name: 'MaintenanceLate',
    // A week and a day, a month and two.
    expression: `time() - max by (scope) (stock_maintenance_last_success_timestamp_seconds{scope="weekly"}) > ${8 * day} or time() - max by (scope) (stock_maintenance_last_success_timestamp_seconds{scope="monthly"}) > ${33 * day}`,
    forSeconds: 2 * hour,
    severity: 'warning',
    summary: 'The upkeep of the database was not done for long',
    description:
      'The {{ $labels.scope }} upkeep was last done {{ $value | humanizeDuration }} ago; indexes and tables grow, and statistics age',
  },
  {
    name: 'WalArchiveStalled',
    expression: 'time() - max(stock_wal_received_timestamp_seconds) > 600',
    forSeconds: 300,
    severity: 'critical',
    summary: 'The log of the database does not come into the store of its copies',
    description:
      'The log came into the store {{ $value | humanizeDuration }} ago; there is no point in time after, and the server keeps only so much of it',
  },
  {
    name: 'WalArchiveMissing',
    expression: 'max(stock_wal_receiver_up) unless max(stock_wal_received_timestamp_seconds)',
    forSeconds: 900,
    severity: 'critical',
    summary: 'The log of the database has not come into the store of its copies yet',
    description:
      'Since the workload backup began, nothing of the log came into the store (receiver up: {{ $value }}); points in time end before',
  },
  {
    name: 'BaseBackupLate',
    expression: `time() - max(stock_base_backup_last_success_timestamp_seconds) > ${8 * day}`,
    forSeconds: 2 * hour,
    severity: 'warning',
    summary: 'What points in time begin with was not made for long',
    description:
      'The last base backup is of {{ $value | humanizeDuration }} ago; the log since then is kept, and fills the volume',
  },
  {
    name: 'BaseBackupMissing',
    expression: 'max(stock_wal_receiver_up) unless max(stock_base_backup_last_success_timestamp_seconds)',
    forSeconds: 2 * hour,
    severity: 'warning',
    summary: 'What points in time begin with was not made yet',
    description:
      'The log is received (receiver up: {{ $value }}), and there is no base backup: no point in time can be restored',
  },
  {
    name: 'BackupStoreNearlyFull',
    expression: 'max(stock_backup_store_free_bytes) / max(stock_backup_store_size_bytes) < 0.15',
    forSeconds: 900,
    severity: 'warning',
    summary: 'The volume of the copies is nearly full',
    description: '{{ $value | humanizePercentage }} of the volume is free; without room no copy is made',
  },
];
