import path from 'node:path';
import { connectionSettings } from '../database/connection-settings';
import { type Queryable, withConnection } from '../database/pool';
import { type DatabaseRole, databaseRoles, readRole } from '../database/roles';
import { identifier, literal, sql, sqlOfFile } from '../database/sql';
import { keptSecret } from './kept-secret';

/** A server as its superuser reaches it. */
interface Server {
  password: string;
  url(database: string): string;
}

/** The variables by which a process reaches a database as a role, the job queue in the same database. */
export type RoleEnvironment = {
  DATABASE_URL: string;
  DATABASE_PASSWORD: string;
  QUEUE_URL: string;
  QUEUE_PASSWORD: string;
};

/** Where the password of a role is kept. */
export const rolePasswordFile = (folder: string, role: DatabaseRole): string => path.join(folder, `${role}-password`);

/** The application's roles on a PostgreSQL of our own. Its superuser makes them here and is used by nothing else. */
export class EmbeddedRoles {
  readonly #server: Server;
  readonly #passwords: ReadonlyMap<DatabaseRole, string>;

  private constructor(server: Server, passwords: ReadonlyMap<DatabaseRole, string>) {
    this.#server = server;
    this.#passwords = passwords;
  }

  /** @param folder keeps the passwords from one start to the next */
  static async open(server: Server, folder: string): Promise<EmbeddedRoles> {
    const passwords = new Map<DatabaseRole, string>();
    for (const role of databaseRoles) passwords.set(role, await keptSecret(rolePasswordFile(folder, role)));
    return new EmbeddedRoles(server, passwords);
  }

  /** Makes what is missing of the roles, and sets their passwords. */
  async make(): Promise<void> {
    await this.asSuperuser('postgres', async (connection) => {
      await connection.query(sqlOfFile('roles.sql'));
      for (const [role, password] of this.#passwords) {
        await connection.query(sql`ALTER ROLE ${identifier(role)} PASSWORD ${literal(password)}`);
      }
    });
  }

  /** Gives the roles their rights in a database; what it holds already becomes the owner's. */
  async grantRights(database: string): Promise<void> {
    await this.asSuperuser(database, async (connection) => {
      await connection.query(sqlOfFile('rights.sql'));
      // A job queue in the database takes many jobs at once through a temporary table.
      await connection.query(sql`GRANT TEMPORARY ON DATABASE ${identifier(database)} TO ${identifier(readRole)}`);
    });
  }

  environment(database: string, role: DatabaseRole): RoleEnvironment {
    const address = new URL(this.#server.url(database));
    address.username = role;
    const password = this.#passwords.get(role) as string;
    return {
      DATABASE_URL: address.href,
      DATABASE_PASSWORD: password,
      QUEUE_URL: address.href,
      QUEUE_PASSWORD: password,
    };
  }

  /** Does work that no role may do. */
  asSuperuser<T>(database: string, work: (connection: Queryable) => Promise<T>): Promise<T> {
    return withConnection(connectionSettings(this.#server.url(database), this.#server.password), work);
  }
}
