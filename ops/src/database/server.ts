import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { connectionSettings } from '../../../app/src/database/connection-settings';
import { type Queryable, withConnection } from '../../../app/src/database/pool';
import { sql } from '../../../app/src/database/sql';
import type { Certificates } from '../../../app/src/runtime/tls';
import type { Password } from '../../../app/src/runtime/variable';
import { replaceFile } from '../backup/kept-file';
import { CannotTell, Refusal } from '../failures';

/** A database as it is reached: by node-postgres, and by the programs of PostgreSQL. */
export interface Server {
  DATABASE_URL: string;
  DATABASE_PASSWORD: Password;
  DATABASE_CA?: Certificates | undefined;
}

/** The name of the database in an address. */
export const databaseOf = ({ DATABASE_URL }: Server): string =>
  decodeURIComponent(new URL(DATABASE_URL).pathname.slice(1));

/** Another database of the same server. */
export function withDatabase<S extends Server>(server: S, database: string): S {
  const url = new URL(server.DATABASE_URL);
  url.pathname = `/${encodeURIComponent(database)}`;
  return { ...server, DATABASE_URL: url.href };
}

/** What a role is limited to is meant for its other work. */
const unlimited = '-c statement_timeout=0 -c idle_in_transaction_session_timeout=0';

/** The same values are the same texts, whatever a server, a database or a role is set to; as pg_dump has it. */
const sameTexts = '-c timezone=UTC -c datestyle=ISO -c intervalstyle=postgres -c extra_float_digits=3';

/**
 * Works over one connection, on which nothing is given up for taking long.
 *
 * @throws CannotTell when the server does not let it in
 */
export async function connected<T>(server: Server, work: (connection: Queryable) => Promise<T>): Promise<T> {
  const settings = {
    ...connectionSettings(server.DATABASE_URL, server.DATABASE_PASSWORD, server.DATABASE_CA),
    application_name: 'stockops',
    connectionTimeoutMillis: 10_000,
    // A frozen server is noticed by the keepalive.
    options: `${unlimited} ${sameTexts}`,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
  };
  let isConnected = false;
  try {
    return await withConnection(settings, (connection) => {
      isConnected = true;
      return work(connection);
    });
  } catch (error) {
    if (isConnected) throw error;
    const { message, code } = error as NodeJS.ErrnoException;
    const { username, host } = new URL(server.DATABASE_URL);
    throw new CannotTell(
      `the database "${databaseOf(server)}" at ${host} does not let ${username} in (${message || code}); start it, or correct DATABASE_URL and DATABASE_PASSWORD`,
      { cause: error },
    );
  }
}

/**
 * What libpq reads. The password is in a file: arguments and environments of processes are read by others.
 *
 * @param folder takes that file, and the one of certificates; whoever calls takes it away once its programs have ended
 */
export async function libpqEnvironment(server: Server, folder: string): Promise<Record<string, string>> {
  const { hostname, port, username, searchParams } = new URL(server.DATABASE_URL);
  const { DATABASE_PASSWORD: password, DATABASE_CA: ca } = server;
  const environment: Record<string, string> = {
    PGHOST: hostname.replace(/^\[|\]$/g, ''),
    PGPORT: port || '5432',
    PGUSER: decodeURIComponent(username),
    PGDATABASE: databaseOf(server),
    PGPASSFILE: path.join(folder, 'database-password'),
    PGSSLMODE: searchParams.get('sslmode') ?? 'disable',
    PGCONNECT_TIMEOUT: '10',
    PGAPPNAME: 'stockops',
    PGOPTIONS: unlimited,
  };
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await replaceFile(
    environment.PGPASSFILE as string,
    passwordLine(typeof password === 'function' ? password() : password),
  );
  if (ca) {
    environment.PGSSLROOTCERT = path.join(folder, 'database-ca.pem');
    await writeFile(environment.PGSSLROOTCERT, typeof ca === 'function' ? ca() : ca, { mode: 0o600 });
  }
  return environment;
}

/** Of whatever server, database and user. @see https://www.postgresql.org/docs/current/libpq-pgpass.html */
function passwordLine(password: string): string {
  if (/[\r\n]/.test(password)) {
    throw new Refusal(
      'DATABASE_PASSWORD has a line break in it; allowed: one line, as the programs of PostgreSQL read it from a file of lines',
    );
  }
  return `*:*:*:*:${password.replaceAll(/[\\:]/g, '\\$&')}\n`;
}

/** What a server is and where it stands. */
export interface ServerFacts {
  version: string;
  major: number;
  systemIdentifier: string;
  lsn: string;
  now: Date;
}

/** What a server says of itself. */
export async function serverFacts(connection: Queryable): Promise<ServerFacts> {
  const { rows } = await connection.query<ServerFacts>(sql`
    SELECT current_setting('server_version') AS version,
      current_setting('server_version_num')::int / 10000 AS major,
      (SELECT system_identifier::text FROM pg_control_system()) AS "systemIdentifier",
      pg_current_wal_lsn()::text AS lsn,
      clock_timestamp() AS now`);
  return rows[0] as ServerFacts;
}
