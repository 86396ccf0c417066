import type { Client, Given } from '../workload/connections';
import { type Files, filesDirectory, type SecretFile } from '../workload/files';
import type { ClientRole } from './postgres-config';

/** A PostgreSQL that components can be let into, whoever runs it. */
export interface PostgresEndpoint {
  /**
   * Lets clients connect as a role and tells them where (DATABASE_URL, DATABASE_PASSWORD_FILE). What prepares them, the
   * migration, connects as the owner.
   *
   * @throws Error for a role that the server has not: only one of ours has `backup`
   */
  allow(role: ClientRole, ...clients: Client[]): void;
}

/** What clients of a database are told besides their role. */
export interface DatabaseAccess {
  readonly host: string;
  readonly port: number;
  readonly database: string;
  /** What follows the name of the database in its URL. @default - nothing */
  readonly parameters?: string;
  /** Who a client is that connects as a role. */
  readonly logins: ReadonlyMap<ClientRole, { readonly name: string; readonly password: SecretFile }>;
  /** @default - none */
  readonly environment?: Readonly<Record<string, string>>;
  /** @default - none */
  readonly files?: Files;
}

/** What a client is given to connect as a role. */
export function accessAs(role: ClientRole, access: DatabaseAccess): Given {
  const login = access.logins.get(role);
  if (!login) {
    const known = [...access.logins.keys()].join(', ');
    throw new Error(`the database server ${access.host} has no role "${role}", its roles: ${known}`);
  }
  return {
    environment: {
      DATABASE_URL: `postgresql://${login.name}@${access.host}:${access.port}/${access.database}${access.parameters ?? ''}`,
      DATABASE_PASSWORD_FILE: `${filesDirectory}/database-password`,
      ...access.environment,
    },
    files: { 'database-password': login.password, ...access.files },
  };
}
