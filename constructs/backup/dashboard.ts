import { dashboard, now, overTime } from '../grafana/panels';
import type { Dashboard } from '../workload/observations';

/** How old copies of the database are, whether they can be restored, and how much room they have. */
export const backupDashboard = (environment: string): Dashboard =>
  dashboard({
    uid: 'stock-backup',
    title: 'Backups',
    description:
      'Copies of the database: how old, how many, how large, and what drills and the log say of the way back.',
    environment,
    panels: [
      now({
        title: 'Age of the newest copy',
        description: 'What would be lost with the database now, but for the log. Above 26 hours somebody is told.',
        alerts: ['BackupMissing', 'BackupTooOld'],
        unit: 's',
        badFrom: 26 * 3600,
        empty: 'no copy yet',
        queries: [{ expression: 'time() - max(stock_backup_last_success_timestamp_seconds)', legend: 'age' }],
      }),
      now({
        title: 'Last drill',
        description: 'How long ago a copy was last restored and found equal. Above 8 days somebody is told.',
        alerts: ['RestoreDrillMissing', 'RestoreDrillLate', 'RestoreDrillFailed'],
        unit: 's',
        badFrom: 8 * 86_400,
        empty: 'no drill yet',
        queries: [{ expression: 'time() - max(stock_restore_drill_last_success_timestamp_seconds)', legend: 'ago' }],
      }),
      now({
        title: 'Log not in the store for',
        description: 'What a restore to a point in time would lose now.',
        alerts: ['WalArchiveMissing', 'WalArchiveStalled'],
        unit: 's',
        badFrom: 600,
        empty: 'nothing received yet, or no points in time are kept',
        queries: [{ expression: 'time() - max(stock_wal_received_timestamp_seconds)', legend: 'behind' }],
      }),
      now({
        title: 'Newest base backup',
        description: 'How long ago what points in time begin with was made. Above 8 days somebody is told.',
        alerts: ['BaseBackupMissing', 'BaseBackupLate'],
        unit: 's',
        badFrom: 8 * 86_400,
        empty: 'none yet, or no points in time are kept',
        queries: [{ expression: 'time() - max(stock_base_backup_last_success_timestamp_seconds)', legend: 'ago' }],
      }),
      now({
        title: 'Last upkeep',
        description: 'How long ago the database was last maintained. Above 8 days of the weekly one somebody is told.',
        alerts: ['MaintenanceLate'],
        unit: 's',
        badFrom: 33 * 86_400,
        empty: 'nobody maintains it',
        queries: [
          {
            expression: 'time() - max by (scope) (stock_maintenance_last_success_timestamp_seconds)',
            legend: '{{scope}}',
          },
        ],
      }),
      overTime({
        title: 'Copies',
        description:
          'In the store. One that nobody has read again is unverified, and is no reason to take others away.',
        alerts: ['BackupUnverified'],
        unit: 'short',
        queries: [
          { expression: 'sum by (state) (stock_backup_copies{state=~"verified|unverified"})', legend: '{{state}}' },
        ],
      }),
      overTime({
        title: 'Copies that count as none',
        description: 'Damaged, or never finished. One that is being made is partial meanwhile.',
        alerts: ['BackupPartial'],
        unit: 'short',
        badFrom: 1,
        queries: [
          { expression: 'sum by (state) (stock_backup_copies{state=~"damaged|partial"})', legend: '{{state}}' },
        ],
      }),
      overTime({
        title: 'Size of the newest copy',
        description: 'Half of what is usual, and somebody is told.',
        alerts: ['BackupShrank'],
        unit: 'bytes',
        queries: [{ expression: 'max(stock_backup_last_size_bytes)', legend: 'size' }],
      }),
      overTime({
        title: 'Duration',
        description: 'Of the newest copy, and of the last drill until the application could work (RTO).',
        unit: 's',
        queries: [
          { expression: 'max(stock_backup_last_duration_seconds)', legend: 'copy' },
          { expression: 'max(stock_restore_drill_rto_seconds)', legend: 'drill' },
        ],
      }),
      overTime({
        title: 'Attempts that failed',
        description: 'In an hour, of copies, of drills and of the upkeep.',
        alerts: ['BackupFailed', 'RestoreDrillFailed'],
        unit: 'short',
        badFrom: 1,
        queries: [
          { expression: 'round(sum(increase(stock_backup_attempts_total{result="failed"}[1h])))', legend: 'copies' },
          {
            expression: 'round(sum(increase(stock_restore_drill_attempts_total{result="failed"}[1h])))',
            legend: 'drills',
          },
          {
            expression: 'round(sum(increase(stock_maintenance_attempts_total{result="failed"}[1h])))',
            legend: 'upkeep',
          },
        ],
      }),
      overTime({
        title: 'Room on the volume',
        description: 'Free and in all. Below 15 % somebody is told.',
        alerts: ['BackupStoreNearlyFull'],
        unit: 'bytes',
        queries: [
          { expression: 'max(stock_backup_store_free_bytes)', legend: 'free' },
          { expression: 'max(stock_backup_store_size_bytes)', legend: 'in all' },
        ],
      }),
    ],
  });
