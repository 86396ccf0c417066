import { databaseConnectionAlert } from '../../config/database-connections';
import { dashboard, now, overTime } from '../grafana/panels';
import type { Dashboard } from '../workload/observations';

/** The database as its exporter tells of it: who is connected, what is done, how large it is and what is left behind. */
export const postgresDashboard = (environment: string): Dashboard =>
  dashboard({
    uid: 'stock-postgres',
    title: 'PostgreSQL',
    description: 'Connections, transactions, reads, size and dead rows of the database.',
    environment,
    panels: [
      overTime({
        title: 'Connections by role',
        description: `Together above ${databaseConnectionAlert} somebody is told.`,
        alerts: ['DatabaseConnectionHigh'],
        unit: 'short',
        badFrom: databaseConnectionAlert,
        queries: [
          { expression: 'sum by (usename, state) (pg_stat_activity_count) > 0', legend: '{{usename}} {{state}}' },
        ],
      }),
      now({
        title: 'Connections taken',
        description: 'Share of max_connections. Above 80 % somebody is told.',
        alerts: ['PostgresConnectionsNearLimit'],
        unit: 'percentunit',
        badFrom: 0.8,
        queries: [
          {
            expression: 'sum(pg_stat_activity_count) / sum(pg_settings_max_connections)',
            legend: 'connections taken',
          },
        ],
      }),
      overTime({
        title: 'Transactions',
        description: 'Committed and rolled back, a second.',
        unit: 'ops',
        queries: [
          { expression: 'sum(rate(pg_stat_database_xact_commit[$__rate_interval]))', legend: 'committed' },
          { expression: 'sum(rate(pg_stat_database_xact_rollback[$__rate_interval]))', legend: 'rolled back' },
        ],
      }),
      overTime({
        title: 'Longest transaction',
        description: 'By role. Above half an hour somebody is told.',
        alerts: ['PostgresLongTransaction'],
        unit: 's',
        badFrom: 1800,
        queries: [
          {
            expression:
              'max by (usename) (pg_stat_activity_max_tx_duration{usename!="", backend_type!="autovacuum worker"})',
            legend: '{{usename}}',
          },
        ],
      }),
      overTime({
        title: 'Rows written',
        description: 'Inserted, updated and deleted, a second.',
        unit: 'cps',
        queries: [written('inserted'), written('updated'), written('deleted')],
      }),
      overTime({
        title: 'Pages found in memory',
        description:
          'Share of the pages that were read from shared_buffers. Lower than usual: the data in use outgrew them.',
        unit: 'percentunit',
        empty: 'nothing was read',
        queries: [
          {
            expression:
              'sum(rate(pg_stat_database_blks_hit[$__rate_interval])) / (sum(rate(pg_stat_database_blks_hit[$__rate_interval])) + sum(rate(pg_stat_database_blks_read[$__rate_interval])))',
            legend: 'in memory',
          },
        ],
      }),
      overTime({
        title: 'Size',
        description: 'Of each database on the disk.',
        unit: 'bytes',
        queries: [{ expression: 'max by (datname) (pg_database_size_bytes)', legend: '{{datname}}' }],
      }),
      overTime({
        title: 'Dead rows',
        description: 'Of the tables that have most.',
        alerts: ['PostgresDeadTuples'],
        unit: 'short',
        empty: 'no tables yet',
        queries: [{ expression: 'topk(5, max by (relname) (pg_stat_user_tables_n_dead_tup))', legend: '{{relname}}' }],
      }),
      overTime({
        title: 'Locks',
        description: 'Held and waited for, by their mode.',
        unit: 'short',
        empty: 'no locks',
        queries: [{ expression: 'sum by (mode) (pg_locks_count) > 0', legend: '{{mode}}' }],
      }),
      overTime({
        title: 'Deadlocks',
        description: 'In ten minutes, by database.',
        alerts: ['PostgresDeadlocks'],
        unit: 'short',
        badFrom: 1,
        queries: [
          {
            expression: 'sum by (datname) (increase(pg_stat_database_deadlocks{datname!=""}[10m]))',
            legend: '{{datname}}',
          },
        ],
      }),
    ],
  });

const written = (deed: string) => ({
  expression: `sum(rate(pg_stat_database_tup_${deed}[$__rate_interval]))`,
  legend: deed,
});
