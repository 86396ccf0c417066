import type { Turn } from '../workload/rotated-secret';

export interface PostgresSettings {
  readonly maxConnections: number;
  readonly sharedBuffersMiB: number;
  readonly effectiveCacheSizeMiB: number;
  /** Other settings, by name. @default - none */
  readonly others?: Readonly<Record<string, string | number | boolean>> | undefined;
  /** Whether statements are counted and timed. @default false */
  readonly statementStatistics?: boolean | undefined;
}

/** The settings of manual 7.1, as configuration instead of ALTER SYSTEM: a new volume gets them too. */
export const manualSettings: PostgresSettings = {
  maxConnections: 200,
  sharedBuffersMiB: 256,
  effectiveCacheSizeMiB: 1024,
};

/**
 * Of the volume, what the log may take that a receiver of it has not fetched. Where one stays away for longer, its slot is given up and
 * with it the point in time, never the volume; what the log takes anyway (1 GB, max_wal_size) is there beside it.
 */
const shareOfWaitingLog = 0.1;

/**
 * The postgresql.conf of the bundled server.
 *
 * @param storageGiB of its volume
 */
export function renderPostgresConfig(settings: PostgresSettings, storageGiB: number): string {
  const lines: Record<string, string | number> = {
    listen_addresses: "'*'",
    max_connections: settings.maxConnections,
    shared_buffers: `${settings.sharedBuffersMiB}MB`,
    effective_cache_size: `${settings.effectiveCacheSizeMiB}MB`,
    password_encryption: 'scram-sha-256',
    timezone: "'Asia/Shanghai'",
    log_timezone: "'Asia/Shanghai'",
    // As the pipeline of logs takes it apart: time, process and, of a client, who it is and in which database.
    log_line_prefix: "'%m [%p] %q%u@%d '",
    log_min_duration_statement: '1s',
    log_lock_waits: 'on',
    idle_in_transaction_session_timeout: '60s',
    // PostgreSQL's own defaults let the log be received: wal_level replica, 10 senders, 10 slots.
    max_slot_wal_keep_size: `${Math.floor(storageGiB * 1024 * shareOfWaitingLog)}MB`,
    ...(settings.statementStatistics && { shared_preload_libraries: "'pg_stat_statements'" }),
    ...Object.fromEntries(Object.entries(settings.others ?? {}).map(([name, value]) => [name, quoted(value)])),
  };
  return Object.entries(lines)
    .map(([key, value]) => `${key} = ${value}\n`)
    .join('');
}

const quoted = (value: string | number | boolean): string => `'${`${value}`.replaceAll("'", "''")}'`;

/** The roles of the application (app/database/roles.sql), by what follows their common prefix. */
export const databaseRoles = ['owner', 'app', 'read'] as const;
export type DatabaseRole = (typeof databaseRoles)[number];

/** Whom clients connect as: a role of the application or, on a server of ours, the one that makes copies and restores them (backup.sql). */
export type ClientRole = DatabaseRole | 'backup';

/** The role's name in the database. */
export const roleName = (role: ClientRole) => `stock_${role}`;

/**
 * Whom a client connects as to have a role: the role itself or, in the second turn, a login that becomes it (logins.sql). Each has a
 * password of its own, so that both are valid while clients go from one to the other.
 */
export const loginName = (role: ClientRole, turn: Turn) => (turn === 'first' ? roleName(role) : `${roleName(role)}_2`);

/** The role that reads the statistics of a server of ours (monitor.sql); no part of the application connects as it. */
export const monitorRole = 'stock_monitor';

/**
 * Who may connect how: the roles with their passwords, to their database alone; whoever makes copies to each database that it has a
 * right to, those that restores make and leave behind, and to the log; the superuser only in the container itself, as the user of the
 * server.
 */
export function renderHostBasedAuthentication(database: string): string {
  const roles = [...databaseRoles.flatMap(loginsOf), monitorRole].join(',');
  const backup = loginsOf('backup').join(',');
  return [
    'local all postgres peer',
    `local ${database} ${roles} scram-sha-256`,
    `host ${database} ${roles} all scram-sha-256`,
    `host all,replication ${backup} all scram-sha-256`,
  ]
    .map((line) => `${line}\n`)
    .join('');
}

const loginsOf = (role: ClientRole) => [loginName(role, 'first'), loginName(role, 'second')];
