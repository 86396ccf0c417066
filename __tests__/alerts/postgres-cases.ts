import type { AlertCases } from './alert-case';

const connections = (active: number, idle: number) => ({
  'pg_stat_activity_count{instance="a", datname="stockdb", state="active"}': `${active}x60`,
  'pg_stat_activity_count{instance="a", datname="stockdb", state="idle"}': `${idle}x60`,
});
const rows = (live: number, dead: number) => ({
  'pg_stat_user_tables_n_live_tup{relname="job"}': `${live}x100`,
  'pg_stat_user_tables_n_dead_tup{relname="job"}': `${dead}x100`,
});
const openFor = (seconds: number) => ({
  'pg_stat_activity_max_tx_duration{instance="a", datname="stockdb", state="active"}': `${seconds}x60`,
});

export const postgresCases: AlertCases = {
  DatabaseConnectionHigh: {
    firing: connections(30, 60),
    pendingAt: 4,
    firingAt: 10,
    labels: { instance: 'a' },
    says: 'Database has 90 connections',
    quiet: connections(20, 60),
  },
  PostgresDown: {
    firing: { 'pg_up{instance="a"}': '0x60' },
    pendingAt: 0,
    firingAt: 5,
    labels: { instance: 'a' },
    says: 'The exporter of a cannot ask PostgreSQL (pg_up is 0)',
    quiet: { 'pg_up{instance="a"}': '1x60' },
  },
  PostgresLongTransaction: {
    firing: openFor(3600),
    pendingAt: 4,
    firingAt: 10,
    labels: { instance: 'a', datname: 'stockdb' },
    says: 'A transaction in stockdb has been open for 1h 0m 0s',
    quiet: openFor(1800),
  },
  PostgresDeadTuples: {
    firing: rows(500_000, 500_000),
    pendingAt: 50,
    firingAt: 70,
    labels: { relname: 'job' },
    says: '50% of the rows of job are dead',
    quiet: rows(10, 50_000),
  },
};
