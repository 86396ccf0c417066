import { execFileSync } from 'node:child_process';
import { chownSync, cpSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type pg from 'pg';
import { connectionSettings } from '../../app/src/database/connection-settings';
import { migrate } from '../../app/src/database/migrations';
import { type Queryable, withConnection } from '../../app/src/database/pool';
import { ownerRole } from '../../app/src/database/roles';
import { Child, type Cleanup } from '../../bench/child';
import {
  databaseRoles,
  manualSettings,
  monitorRole,
  renderHostBasedAuthentication,
  renderPostgresConfig,
  roleName,
} from '../../constructs/postgres/postgres-config';
import { type Account, password } from '../backup/postgres';

/** Of a volume. */
const storageGiB = 5;

const repository = path.join(__dirname, '..', '..');

interface Place {
  /** Of PostgreSQL's programs. */
  programs: string;
  /** Holds what the pod has: its files, and a volume for each major version. */
  folder: string;
  port: number;
  /** By whom it runs; root does not. */
  account: Account | undefined;
  cleanup: Cleanup;
}

/** The bundled PostgreSQL as its container runs it: the start, roles and access of the platform, one volume for each major version. */
export class BundledServer {
  readonly #place: Place;
  #child: Child | undefined;

  constructor(place: Place) {
    this.#place = place;
    place.cleanup.add(() => this.stop());
  }

  url(role: string, database = 'stockdb'): string {
    return `postgresql://${role}@127.0.0.1:${this.#place.port}/${database}`;
  }

  /** @param databaseComesFrom the major version of the volume that is kept beside, where one is */
  async start(volume: string, databaseComesFrom?: number): Promise<void> {
    const { programs, folder, account } = this.#place;
    const files = path.join(folder, 'files');
    const data = path.join(folder, volume);
    mkdirSync(data, { recursive: true });
    this.#writeFiles(files);
    if (account) execFileSync('chown', ['-R', `${account.uid}:${account.gid}`, data, files]);
    const start = path.join(files, 'start.sh');
    const [command, args] = account
      ? ['setpriv', [`--reuid=${account.uid}`, `--regid=${account.gid}`, '--clear-groups', 'sh', start]]
      : ['sh', [start]];
    this.#child = new Child('postgres', command, args, {
      cwd: data,
      env: {
        PATH: `${programs}${path.delimiter}${process.env.PATH}`,
        PGDATA: path.join(data, 'pgdata'),
        ...(databaseComesFrom && { DATABASE_COMES_FROM: String(databaseComesFrom) }),
      },
      logFile: path.join(folder, `${volume}.log`),
    });
    await this.#child.until(
      async () => (await this.ask('stock_backup', 'SELECT 1', 'postgres')).length === 1,
      120,
      100,
    );
  }

  /** A fast shutdown, as the container's end is. */
  async stop(): Promise<void> {
    if (this.#child?.isRunning) process.kill(this.#child.processId, 'SIGINT');
    await this.#child?.stop();
  }

  async ask(role: string, statement: string, database?: string): Promise<unknown[]> {
    return this.as(role, async (client) => (await client.query(statement)).rows, database);
  }

  async as<T>(role: string, work: (client: pg.Client) => Promise<T>, database?: string): Promise<T> {
    const settings = connectionSettings(this.url(role, database), password);
    return withConnection(settings, (connection: Queryable) => work(connection as unknown as pg.Client));
  }

  /** @returns names of the migrations that ran */
  migrate(): Promise<string[]> {
    const DATABASE_URL = this.url(ownerRole);
    const variables = { DATABASE_URL, DATABASE_PASSWORD: password, QUEUE_URL: DATABASE_URL, QUEUE_PASSWORD: password };
    return migrate(variables, 0, () => undefined);
  }

  #writeFiles(files: string): void {
    const { port, account } = this.#place;
    mkdirSync(files, { recursive: true });
    for (const name of ['start.sh', 'keep-passwords.sh', 'monitor.sql', 'backup.sql', 'logins.sql'])
      cpSync(path.join(repository, 'constructs', 'postgres', name), path.join(files, name));
    for (const name of ['roles.sql', 'rights.sql'])
      cpSync(path.join(repository, 'app', 'database', name), path.join(files, name));
    writeFileSync(path.join(files, 'pg_hba.conf'), renderHostBasedAuthentication('stockdb'));
    const here = [`port = ${port}`, "listen_addresses = '127.0.0.1'", "unix_socket_directories = ''"];
    writeFileSync(
      path.join(files, 'postgresql.conf'),
      `${renderPostgresConfig(manualSettings, storageGiB)}${here.join('\n')}\n`,
    );
    const roles = [...([...databaseRoles, 'backup'] as const).map(roleName), monitorRole];
    mkdirSync(path.join(files, 'passwords'), { recursive: true });
    for (const role of roles) {
      const file = path.join(files, 'passwords', `${role}.sql`);
      writeFileSync(file, `ALTER ROLE ${role} PASSWORD '${password}';\n\n`);
      if (account) chownSync(file, account.uid, account.gid);
    }
  }
}
