import type { Client, Given } from '../workload/connections';
import { type Files, filesDirectory, type SecretFile } from '../workload/files';
import { type DatabaseRole, roleName } from './postgres-config';

/** A PostgreSQL that components can be let into, whoever runs it. */
export interface PostgresEndpoint {
  /**
   * Lets clients connect as a role and tells them where (DATABASE_URL, DATABASE_PASSWORD_FILE). What prepares them, the
   * migration, connects as the owner.
   */
  allow(role: DatabaseRole, ...clients: Client[]): void;
}

/** What clients of a database are told besides their role. */
export interface DatabaseAccess {
  readonly host: string;
  readonly port: number;
  readonly database: string;
  /** What follows the name of the database in its URL. @default - nothing */
  readonly parameters?: string;
  readonly passwords: ReadonlyMap<DatabaseRole, SecretFile>;
  /** @default - none */
  readonly environment?: Readonly<Record<string, string>>;
  /** @default - none */
  readonly files?: Files;
}

/** What a client is given to connect as a role. */
export const accessAs = (role: DatabaseRole, access: DatabaseAccess): Given => ({
  environment: {
    DATABASE_URL: `postgresql://${roleName(role)}@${access.host}:${access.port}/${access.database}${access.parameters ?? ''}`,
    DATABASE_PASSWORD_FILE: `${filesDirectory}/database-password`,
    ...access.environment,
  },
  files: { 'database-password': access.passwords.get(role) as SecretFile, ...access.files },
});
