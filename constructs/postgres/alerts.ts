import type { Alert } from '../workload/observations';

/**
 * What is told of the database, by postgres_exporter; the first is the manual's (4.2).
 *
 * @param storageGiB of its volume, of which the server itself knows nothing
 */
export const postgresAlerts = (storageGiB: number): readonly Alert[] => [
  {
    name: 'DatabaseConnectionHigh',
    expression: 'sum by (instance) (pg_stat_activity_count) > 80',
    forSeconds: 300,
    severity: 'warning',
    summary: 'High database connections',
    description: 'Database has {{ $value }} connections',
  },
  {
    name: 'PostgresConnectionsNearLimit',
    expression: 'sum by (instance) (pg_stat_activity_count) / on (instance) pg_settings_max_connections > 0.8',
    forSeconds: 60,
    severity: 'critical',
    summary: 'PostgreSQL is about to refuse connections',
    description: '{{ $value | humanizePercentage }} of the connections of max_connections are taken',
    explains: ['DatabaseConnectionHigh'],
  },
  {
    name: 'PostgresDown',
    // A server that is frozen keeps the exporter waiting for longer than Prometheus does: then it tells nothing at all.
    expression: '(pg_up or up{job="postgres-exporter"}) == 0',
    forSeconds: 60,
    severity: 'critical',
    summary: 'PostgreSQL does not answer',
    description: '{{ $labels.instance }} cannot ask PostgreSQL, or is gone itself (pg_up, or else up, is {{ $value }})',
    explains: ['TargetDown'],
  },
  {
    name: 'PostgresLongTransaction',
    // The server's own vacuum takes as long as it takes, and ends for whoever waits for it; a copy is one long look.
    expression:
      'max by (instance, datname) (pg_stat_activity_max_tx_duration{backend_type!="autovacuum worker", usename!~"stock_backup(_2)?"}) > 1800',
    forSeconds: 300,
    severity: 'warning',
    summary: 'A transaction stays open',
    description: 'A transaction in {{ $labels.datname }} has been open for {{ $value | humanizeDuration }}',
  },
  {
    name: 'PostgresDeadTuples',
    expression:
      'pg_stat_user_tables_n_dead_tup / (pg_stat_user_tables_n_live_tup + pg_stat_user_tables_n_dead_tup) > 0.3 and pg_stat_user_tables_n_dead_tup > 100000',
    forSeconds: 3600,
    severity: 'warning',
    summary: 'A table is not vacuumed',
    description: '{{ $value | humanizePercentage }} of the rows of {{ $labels.relname }} are dead',
  },
  {
    name: 'PostgresDeadlocks',
    expression: 'increase(pg_stat_database_deadlocks[10m]) > 0',
    forSeconds: 60,
    severity: 'warning',
    summary: 'Transactions wait for each other',
    description:
      'Deadlocks in {{ $labels.datname }} in 10 minutes: {{ $value | printf "%.0f" }}; one transaction of each was ended',
  },
  {
    name: 'PostgresVolumeFull',
    expression: `(sum by (instance) (pg_database_size_bytes) + on (instance) sum by (instance) (pg_wal_size_bytes)) / ${storageGiB * 1024 ** 3} > 0.9`,
    forSeconds: 300,
    severity: 'critical',
    summary: 'The database’s volume is full',
    description:
      'Tables and log fill {{ $value | humanizePercentage }} of the volume; PostgreSQL stops when it is full',
    explains: ['PostgresVolumeFills'],
  },
  {
    name: 'PostgresVolumeFills',
    // The first load of an empty database is fast, and ends.
    expression: `sum by (instance) (predict_linear(pg_database_size_bytes[1d], 604800)) / ${storageGiB * 1024 ** 3} > 0.9 and sum by (instance) (pg_database_size_bytes) / ${storageGiB * 1024 ** 3} > 0.5`,
    forSeconds: 3600,
    severity: 'warning',
    summary: 'The database’s volume will be full within a week',
    description: 'At the pace of the last day, tables fill {{ $value | humanizePercentage }} of the volume in a week',
  },
];
