import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, chownSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import pg from 'pg';
import { connectionSettings } from '../../app/src/database/connection-settings';
import { migrate } from '../../app/src/database/migrations';
import { databaseRoles, ownerRole } from '../../app/src/database/roles';
import { sqlOfFile } from '../../app/src/database/sql';
import { Child, type Cleanup } from '../../bench/child';
import { freePort } from '../../bench/ports';

export const backupRole = 'stock_backup';
export const password = 'of-everybody';
const superuser = 'superuser';
const templateDatabase = 'stock_template';

/** The user by whom PostgreSQL runs where this process is root, as whom it does not. */
export interface Account {
  uid: number;
  gid: number;
}

/** @returns undefined where there is none of the name */
export function accountOf(name: string): Account | undefined {
  const line = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((each) => each.split(':'))
    .find(([given]) => given === name);
  return line && { uid: Number(line[2]), gid: Number(line[3]) };
}

const isRoot = process.getuid?.() === 0;
const account = isRoot ? (accountOf('postgres') ?? accountOf('nobody')) : undefined;
const debian = '/usr/lib/postgresql';

/**
 * Folder of PostgreSQL's programs: on the PATH, or where Debian's packages have the newest.
 *
 * @throws Error when there are none
 */
export function findPrograms(): string {
  const onPath = (process.env.PATH ?? '').split(path.delimiter);
  const majors = existsSync(debian) ? readdirSync(debian).sort((a, b) => Number(b) - Number(a)) : [];
  const folders = [...onPath, ...majors.map((major) => path.join(debian, major, 'bin'))];
  const found = folders.find((folder) =>
    ['initdb', 'postgres', 'pg_dump', 'pg_restore'].every((name) => existsSync(path.join(folder, name))),
  );
  if (found) return found;
  throw new Error('needs a PostgreSQL with its programs, on the PATH or of Debian: apt-get install postgresql');
}

/** A PostgreSQL of the system's packages with the application's roles, the role that copies, and the application's schema. */
export class Postgres {
  readonly programs = findPrograms();
  readonly #port: number;
  readonly #folder: string;
  #server: Child | undefined;

  private constructor(port: number, folder: string) {
    this.#port = port;
    this.#folder = folder;
  }

  static async start(folder: string, cleanup: Cleanup): Promise<Postgres> {
    const postgres = new Postgres(await freePort(), folder);
    postgres.#makeFiles();
    cleanup.add(async () => postgres.#server?.stop());
    await postgres.startServer();
    await postgres.#makeRoles();
    await postgres.makeDatabase('stockdb');
    return postgres;
  }

  /** Number of the server's first process. */
  get processId(): number {
    return this.#server?.processId as number;
  }

  url(role: string, database = 'stockdb', port = this.#port): string {
    return `postgresql://${role}@127.0.0.1:${port}/${database}`;
  }

  superuserUrl(database: string): string {
    return this.url(superuser, database);
  }

  /** Makes a database as the server of the platform has it, with the application's schema. */
  async makeDatabase(database: string, { migrated = true } = {}): Promise<void> {
    await this.asSuperuser(async (client) => {
      await client.query(`CREATE DATABASE ${database} TEMPLATE ${templateDatabase} OWNER ${backupRole}`);
    }, 'postgres');
    await this.asSuperuser((client) => client.query(sqlOfFile('rights.sql')), database);
    if (migrated) await this.migrate(database);
  }

  /** @returns names of the migrations that ran */
  migrate(database = 'stockdb'): Promise<string[]> {
    const DATABASE_URL = this.url(ownerRole, database);
    const queue = { QUEUE_URL: DATABASE_URL, QUEUE_PASSWORD: password };
    return migrate({ DATABASE_URL, DATABASE_PASSWORD: password, ...queue }, 0, () => undefined);
  }

  async asSuperuser<T>(work: (client: pg.Client) => Promise<T>, database = 'stockdb'): Promise<T> {
    const client = new pg.Client(connectionSettings(this.url(superuser, database), password));
    await client.connect();
    try {
      return await work(client);
    } finally {
      await client.end();
    }
  }

  /** Restores a copy's dump into a database of its own. */
  async restore(dump: string, database: string): Promise<void> {
    await this.asSuperuser((client) => client.query(`CREATE DATABASE ${database} TEMPLATE template0`), 'postgres');
    execFileSync(
      path.join(this.programs, 'pg_restore'),
      ['--jobs=2', '--exit-on-error', `--dbname=${this.url(superuser, database)}`, dump],
      { env: { PGPASSWORD: password } },
    );
  }

  #makeFiles(): void {
    const data = this.#data;
    const passwordFile = path.join(this.#folder, 'superuser-password');
    writeFileSync(passwordFile, password);
    mkdirSync(data);
    for (const each of [data, passwordFile]) if (account) chownSync(each, account.uid, account.gid);
    chmodSync(data, 0o700);
    const initdb = path.join(this.programs, 'initdb');
    const made = spawnSync(
      initdb,
      [
        '--username',
        superuser,
        '--auth=scram-sha-256',
        `--pwfile=${passwordFile}`,
        '--encoding=UTF8',
        '--locale=C',
        data,
      ],
      { ...account, encoding: 'utf8' },
    );
    if (made.status !== 0) throw new Error(`${initdb} failed: ${made.stderr || made.error?.message}`);
  }

  /** Starts the server on the files that there are. */
  async startServer(): Promise<void> {
    const settings = [
      `port=${this.#port}`,
      'listen_addresses=127.0.0.1',
      'unix_socket_directories=',
      'max_connections=60',
      'fsync=off',
      'full_page_writes=off',
    ];
    const words = ['-D', this.#data, ...settings.flatMap((setting) => ['-c', setting])];
    const server = path.join(this.programs, 'postgres');
    const [command, args] = account
      ? ['setpriv', [`--reuid=${account.uid}`, `--regid=${account.gid}`, '--clear-groups', server, ...words]]
      : [server, words];
    const child = new Child('postgres', command, args, { logFile: path.join(this.#folder, 'postgres.log'), cwd: '/' });
    this.#server = child;
    await child.until(
      async () => (await this.asSuperuser((client) => client.query('SELECT'), 'postgres')).rowCount === 1,
      30,
      100,
    );
  }

  get #data(): string {
    return path.join(this.#folder, 'postgres');
  }

  /** As the server of the platform does at its start: see constructs/postgres/backup.sql. */
  async #makeRoles(): Promise<void> {
    await this.asSuperuser(async (client) => {
      await client.query(sqlOfFile('roles.sql'));
      // Whom a server of its own that is recovered knows: see constructs/postgres/start.sh.
      await client.query(
        "DO $$ BEGIN IF to_regrole('postgres') IS NULL THEN CREATE ROLE postgres SUPERUSER LOGIN; END IF; END $$",
      );
      await client.query(`CREATE ROLE ${backupRole} LOGIN CREATEDB REPLICATION`);
      await client.query(`GRANT ${ownerRole}, pg_read_all_data, pg_monitor, pg_signal_backend TO ${backupRole}`);
      await client.query(`GRANT CONNECT ON DATABASE postgres TO ${backupRole}`);
      for (const role of [...databaseRoles, backupRole])
        await client.query(`ALTER ROLE ${role} PASSWORD '${password}'`);
      await client.query(`CREATE DATABASE ${templateDatabase} TEMPLATE template0`);
    }, 'postgres');
    await this.asSuperuser((client) => client.query(sqlOfFile('rights.sql')), templateDatabase);
    await this.asSuperuser((client) => client.query(`ALTER DATABASE ${templateDatabase} IS_TEMPLATE true`), 'postgres');
  }
}
