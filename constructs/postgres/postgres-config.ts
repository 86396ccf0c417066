export interface PostgresSettings {
  readonly maxConnections: number;
  readonly sharedBuffersMiB: number;
  readonly effectiveCacheSizeMiB: number;
}

/** The settings of manual 7.1, as configuration instead of ALTER SYSTEM: a new volume gets them too. */
export const manualSettings: PostgresSettings = {
  maxConnections: 200,
  sharedBuffersMiB: 256,
  effectiveCacheSizeMiB: 1024,
};

/** The postgresql.conf of the bundled server. */
export function renderPostgresConfig(settings: PostgresSettings): string {
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
  };
  return Object.entries(lines)
    .map(([key, value]) => `${key} = ${value}\n`)
    .join('');
}

/** The roles of the application (app/database/roles.sql), by what follows their common prefix. */
export const databaseRoles = ['owner', 'app', 'read'] as const;
export type DatabaseRole = (typeof databaseRoles)[number];

/** The role's name in the database. */
export const roleName = (role: DatabaseRole) => `stock_${role}`;

/** The role that reads the statistics of a server of ours (monitor.sql); no part of the application connects as it. */
export const monitorRole = 'stock_monitor';

/**
 * Who may connect how: the roles with their passwords, to their database alone; the superuser only in the container itself,
 * as the user of the server.
 */
export function renderHostBasedAuthentication(database: string): string {
  const roles = [...databaseRoles.map(roleName), monitorRole].join(',');
  return [
    'local all postgres peer',
    `local ${database} ${roles} scram-sha-256`,
    `host ${database} ${roles} all scram-sha-256`,
  ]
    .map((line) => `${line}\n`)
    .join('');
}
