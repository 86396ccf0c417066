import type { AlertCases } from './alert-case';

const connections = (active: number, idle: number) => ({
  'pg_stat_activity_count{instance="a", datname="stockdb", state="active"}': `${active}x60`,
  'pg_stat_activity_count{instance="a", datname="stockdb", state="idle"}': `${idle}x60`,
});
const rows = (live: number, dead: number) => ({
  'pg_stat_user_tables_n_live_tup{relname="job"}': `${live}x100`,
  'pg_stat_user_tables_n_dead_tup{relname="job"}': `${dead}x100`,
});
const openFor = (seconds: number, backend = 'client backend', usename = 'stock_app') => ({
  [`pg_stat_activity_max_tx_duration{instance="a", datname="stockdb", state="active", backend_type="${backend}", usename="${usename}"}`]: `${seconds}x60`,
});
const most = (connections: number) => ({ 'pg_settings_max_connections{instance="a"}': `${connections}x60` });
/** The cases are about a volume of ten of them. */
const gibibyte = 1024 ** 3;
const tables = (bytes: string) => ({ 'pg_database_size_bytes{instance="a", datname="stockdb"}': bytes });
const log = (gibibytes: number) => ({ 'pg_wal_size_bytes{instance="a"}': `${gibibytes * gibibyte}x60` });

export const postgresCases: AlertCases = {
  DatabaseConnectionHigh: {
    firing: connections(30, 60),
    pendingAt: 4,
    firingAt: 10,
    labels: { instance: 'a' },
    says: 'Database has 90 connections',
    quiet: connections(20, 60),
  },
  PostgresConnectionsNearLimit: {
    firing: { ...connections(40, 130), ...most(200) },
    pendingAt: 0,
    firingAt: 5,
    labels: { instance: 'a' },
    says: '85% of the connections of max_connections are taken',
    quiet: { ...connections(40, 120), ...most(200) },
  },
  PostgresDown: {
    // A server that is frozen: what its exporter last told is out of date at the first minute.
    firing: {
      'pg_up{job="postgres-exporter", instance="a"}': '1 stale',
      'up{job="postgres-exporter", instance="a"}': '1 0x60',
    },
    pendingAt: 1,
    firingAt: 5,
    labels: { job: 'postgres-exporter', instance: 'a' },
    says: 'a cannot ask PostgreSQL, or is gone itself (pg_up, or else up, is 0)',
    quiet: {
      'pg_up{job="postgres-exporter", instance="a"}': '1x60',
      'up{job="postgres-exporter", instance="a"}': '1x60',
      'up{job="redis-exporter", instance="b"}': '0x60',
    },
  },
  PostgresLongTransaction: {
    firing: openFor(3600),
    pendingAt: 4,
    firingAt: 10,
    labels: { instance: 'a', datname: 'stockdb' },
    says: 'A transaction in stockdb has been open for 1h 0m 0s',
    quiet: {
      ...openFor(1800),
      ...openFor(7200, 'autovacuum worker', ''),
      ...openFor(7200, 'client backend', 'stock_backup'),
    },
  },
  PostgresDeadTuples: {
    firing: rows(500_000, 500_000),
    pendingAt: 50,
    firingAt: 70,
    labels: { relname: 'job' },
    says: '50% of the rows of job are dead',
    quiet: rows(10, 50_000),
  },
  PostgresDeadlocks: {
    firing: { 'pg_stat_database_deadlocks{instance="a", datname="stockdb"}': '0x10 1+0x60' },
    pendingAt: 11,
    firingAt: 15,
    labels: { instance: 'a', datname: 'stockdb' },
    says: 'Deadlocks in stockdb in 10 minutes: 1; one transaction of each was ended',
    quiet: { 'pg_stat_database_deadlocks{instance="a", datname="stockdb"}': '3x60' },
  },
  PostgresVolumeFull: {
    firing: { ...tables(`${8 * gibibyte}x60`), ...log(1.5) },
    pendingAt: 4,
    firingAt: 10,
    labels: { instance: 'a' },
    says: 'Tables and log fill 95% of the volume; PostgreSQL stops when it is full',
    quiet: { ...tables(`${7 * gibibyte}x60`), ...log(1.5) },
  },
  PostgresVolumeFills: {
    firing: tables(`${7 * gibibyte}+${gibibyte / 4096}x100`),
    pendingAt: 30,
    firingAt: 90,
    labels: { instance: 'a' },
    says: 'At the pace of the last day, tables fill 94.83% of the volume in a week',
    // As fast, into a volume that is hardly used.
    quiet: tables(`${gibibyte}+${gibibyte / 1024}x100`),
  },
};
