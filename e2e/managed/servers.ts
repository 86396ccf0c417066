import { chownSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import pg from 'pg';
import { connectionSettings } from '../../app/src/database/connection-settings';
import { databaseRoles } from '../../app/src/database/roles';
import { sqlOfFile } from '../../app/src/database/sql';
import { EmbeddedPostgres } from '../../app/src/embedded/postgres';
import type { CertificateAuthority } from '../../app/test/support/certificates';
import { Child, type Cleanup } from '../../bench/child';
import { freePort } from '../../bench/ports';
import { CertificateFiles } from './certificates';

/** What every certificate names; the same servers are at 127.0.0.1, which none names. */
export const host = 'localhost';
export const databaseName = 'stockdb';
const administrator = 'administrator';
const redisNames = ['cache', 'queue'] as const;
export type RedisName = (typeof redisNames)[number];
/** As small as it gets, so that every process meets connections that others have used before. */
const connectionsOfPooler = 3;

/** PostgreSQL, PgBouncer before it and two Redis, as somebody else runs them: nothing but TLS is let in. */
export class ManagedServers {
  readonly files: CertificateFiles;
  readonly password = 'of-everybody';
  readonly ports: Readonly<Record<'pooler' | 'plain' | RedisName, number>>;
  readonly #folder: string;
  readonly #cleanup: Cleanup;
  readonly #authority: CertificateAuthority;
  #postgres: EmbeddedPostgres | undefined;
  #pooler: Child | undefined;

  private constructor(
    folder: string,
    ports: ManagedServers['ports'],
    authority: CertificateAuthority,
    cleanup: Cleanup,
  ) {
    this.#folder = folder;
    this.ports = ports;
    this.#authority = authority;
    this.#cleanup = cleanup;
    this.files = new CertificateFiles(folder);
    this.files.writeAuthorities('ca', authority);
  }

  static async start(folder: string, authority: CertificateAuthority, cleanup: Cleanup): Promise<ManagedServers> {
    const names = ['pooler', 'plain', ...redisNames] as const;
    const ports = Object.fromEntries(await Promise.all(names.map(async (name) => [name, await freePort()])));
    const servers = new ManagedServers(folder, ports, authority, cleanup);
    await servers.#startPostgres();
    await servers.startPooler(authority);
    for (const name of redisNames) await servers.#startRedis(name);
    await servers.#start('plain', 'redis-server', ['--port', String(ports.plain), '--bind', '127.0.0.1', '--save', '']);
    return servers;
  }

  get postgresPort(): number {
    return (this.#postgres as EmbeddedPostgres).port;
  }

  #start(name: string, command: string, args: readonly string[]): Child {
    const child = new Child(name, command, args, { logFile: path.join(this.#folder, `${name}.log`) });
    this.#cleanup.add(() => child.stop());
    return child;
  }

  async #startPostgres(): Promise<void> {
    const folder = path.join(this.#folder, 'postgres');
    const postgres = await EmbeddedPostgres.start({ folder });
    this.#cleanup.add(() => postgres.stop());
    this.#postgres = postgres;
    const data = path.join(folder, 'data');
    const { uid, gid } = statSync(data);
    const { certificate, key } = this.files.write('postgres', this.#authority.issue([host]), (file) =>
      chownSync(file, uid, gid),
    );
    // The server's superuser alone, who is not the application's, comes without TLS.
    const { username } = new URL(postgres.url(''));
    writeFileSync(
      path.join(data, 'pg_hba.conf'),
      `host all ${username} 127.0.0.1/32 scram-sha-256\nhostssl all all 127.0.0.1/32 scram-sha-256\n`,
    );
    await this.asSuperuser(async (superuser) => {
      await superuser.query(`ALTER SYSTEM SET ssl_cert_file = '${certificate}'`);
      await superuser.query(`ALTER SYSTEM SET ssl_key_file = '${key}'`);
      await superuser.query(`CREATE ROLE ${administrator} LOGIN CREATEROLE CREATEDB PASSWORD '${this.password}'`);
      await superuser.query(`CREATE DATABASE ${databaseName} OWNER ${administrator}`);
    }, 'postgres');
    await this.switchTls('on');
    await this.#makeRoles();
  }

  /** As the administrator of a managed server, who is no superuser. */
  async #makeRoles(): Promise<void> {
    const url = `postgresql://${administrator}@${host}:${this.postgresPort}/${databaseName}?sslmode=verify-full`;
    const client = new pg.Client(connectionSettings(url, this.password, this.#authority.certificate));
    await client.connect();
    try {
      await client.query(sqlOfFile('roles.sql'));
      for (const role of databaseRoles) await client.query(`ALTER ROLE ${role} PASSWORD '${this.password}'`);
      await client.query(sqlOfFile('rights.sql'));
    } finally {
      await client.end();
    }
  }

  /** Does work as PostgreSQL's superuser, past everything the application goes through. */
  async asSuperuser<T>(work: (client: pg.Client) => Promise<T>, database = databaseName): Promise<T> {
    const postgres = this.#postgres as EmbeddedPostgres;
    const client = new pg.Client(connectionSettings(postgres.url(database), postgres.password));
    await client.connect();
    try {
      return await work(client);
    } finally {
      await client.end();
    }
  }

  /** Whether PostgreSQL itself speaks TLS. */
  async switchTls(to: 'on' | 'off'): Promise<void> {
    await this.asSuperuser(async (superuser) => {
      await superuser.query(`ALTER SYSTEM SET ssl = ${to}`);
      await superuser.query('SELECT pg_reload_conf()');
    });
    const isSwitched = async () => {
      const { rows } = await this.asSuperuser((superuser) => superuser.query<{ ssl: string }>('SHOW ssl'));
      return rows[0]?.ssl === to;
    };
    while (!(await isSwitched())) await sleep(50);
  }

  /**
   * Starts PgBouncer, after ending the one there is; its connections end with it.
   *
   * @param passedOver what it leaves out of the beginning of a connection instead of refusing it
   */
  async startPooler(authority: CertificateAuthority, passedOver: '' | 'options' = ''): Promise<void> {
    await this.#pooler?.stop();
    const { certificate, key } = this.files.write('pooler', authority.issue([host]), runAsNobody);
    const users = path.join(this.#folder, 'pooler-users.txt');
    writeFileSync(users, databaseRoles.map((role) => `"${role}" "${this.password}"\n`).join(''));
    const settings = path.join(this.#folder, 'pgbouncer.ini');
    writeFileSync(
      settings,
      `[databases]
${databaseName} = host=${host} port=${this.postgresPort}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${this.ports.pooler}
unix_socket_dir =
pool_mode = transaction
default_pool_size = ${connectionsOfPooler}
max_client_conn = 200
ignore_startup_parameters = ${passedOver}
auth_type = scram-sha-256
auth_file = ${users}
client_tls_sslmode = require
client_tls_cert_file = ${certificate}
client_tls_key_file = ${key}
server_tls_sslmode = verify-full
server_tls_ca_file = ${this.files.path('ca.pem')}
`,
    );
    this.#pooler = this.#start('pgbouncer', 'pgbouncer', [...(isRoot ? ['-u', 'nobody'] : []), settings]);
    await this.#pooler.until(async () => this.poolerLog().includes('process up'), 15);
  }

  poolerLog(): string {
    return readFileSync(path.join(this.#folder, 'pgbouncer.log'), 'utf8');
  }

  async #startRedis(name: RedisName): Promise<void> {
    const { certificate, key } = this.files.write(name, this.#authority.issue([host]));
    const folder = path.join(this.#folder, name);
    await mkdir(folder);
    const users = readFileSync(path.join(__dirname, `../../app/redis/${name}.acl`), 'utf8');
    const settings = path.join(folder, 'redis.conf');
    writeFileSync(
      settings,
      `port 0
tls-port ${this.ports[name]}
tls-cert-file ${certificate}
tls-key-file ${key}
tls-auth-clients no
bind 127.0.0.1
dir ${folder}
save ""
${name === 'queue' ? 'appendonly yes' : ''}
user default off
${users.replaceAll('{password}', this.password)}
`,
    );
    const child = this.#start(name, 'redis-server', [settings]);
    await child.until(() => this.#isUp(name), 15, 50);
  }

  async #isUp(name: RedisName): Promise<boolean> {
    const client = new Redis(this.ports[name], host, {
      username: 'probe',
      password: this.password,
      tls: { ca: this.#authority.certificate },
      retryStrategy: null,
      enableReadyCheck: false,
    });
    client.on('error', () => undefined);
    try {
      return (await client.ping()) === 'PONG';
    } finally {
      client.disconnect();
    }
  }
}

const isRoot = process.getuid?.() === 0;

/** PgBouncer does not run as root, and reads its key as whom it runs. */
function runAsNobody(file: string): void {
  if (!isRoot) return;
  const [, , uid, gid] = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'))
    .find(([name]) => name === 'nobody') as string[];
  chownSync(file, Number(uid), Number(gid));
}
