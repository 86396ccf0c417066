import type { ConnectionOptions } from 'node:tls';
import { type Certificates, verifiedTls } from '../runtime/tls';
import type { Password } from '../runtime/variable';

/** How to reach a database. */
export interface ConnectionSettings {
  host: string;
  port: number;
  user: string;
  /** pg asks for it at each connection where it is a function. */
  password: Password | undefined;
  database: string;
  /** False is said, so that pg does not go by PGSSLMODE. */
  ssl: ConnectionOptions | false;
}

/**
 * How libpq's sslmode is kept to. Its `allow` and `prefer`, which do with or without TLS, are not taken.
 *
 * @see https://www.postgresql.org/docs/current/libpq-ssl.html#LIBPQ-SSL-PROTECTION
 */
const tlsByMode = new Map<string, (ca: Certificates | undefined) => ConnectionOptions | false>([
  ['disable', () => false],
  ['require', () => ({ rejectUnauthorized: false })],
  // Assigned to what it gives, because a spread would read the certificates once and for all.
  ['verify-ca', (ca) => Object.assign(verifiedTls(ca), { checkServerIdentity: () => undefined })],
  ['verify-full', verifiedTls],
]);

/** How to reach the database that a URL without a password names. */
export function connectionSettings(url: string, password: Password | undefined, ca?: Certificates): ConnectionSettings {
  const { hostname, port, username, pathname, searchParams } = new URL(url);
  const mode = searchParams.get('sslmode') ?? 'disable';
  const tls = tlsByMode.get(mode);
  if (!tls) throw new Error(`sslmode '${mode}' is none of ${[...tlsByMode.keys()].join(', ')}`);
  return {
    host: hostname,
    port: Number(port || 5432),
    user: decodeURIComponent(username),
    password,
    database: decodeURIComponent(pathname.slice(1)),
    ssl: tls(ca),
  };
}
