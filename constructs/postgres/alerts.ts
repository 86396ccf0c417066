import type { Alert } from '../workload/observations';

/** What is told of the database, by postgres_exporter; the first is the manual's (4.2). */
export const postgresAlerts: readonly Alert[] = [
  {
    name: 'DatabaseConnectionHigh',
    expression: 'sum by (instance) (pg_stat_activity_count) > 80',
    forSeconds: 300,
    severity: 'warning',
    summary: 'High database connections',
    description: 'Database has {{ $value }} connections',
  },
  {
    name: 'PostgresDown',
    expression: 'pg_up == 0',
    forSeconds: 60,
    severity: 'critical',
    summary: 'PostgreSQL does not answer',
    description: 'The exporter of {{ $labels.instance }} cannot ask PostgreSQL (pg_up is {{ $value }})',
  },
  {
    name: 'PostgresLongTransaction',
    expression: 'max by (instance, datname) (pg_stat_activity_max_tx_duration) > 1800',
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
];
