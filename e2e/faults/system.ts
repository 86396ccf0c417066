import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { chmod, mkdir, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import pg from 'pg';
import { appRole, type DatabaseRole, ownerRole, readRole } from '../../app/src/database/roles';
import { EmbeddedPostgres } from '../../app/src/embedded/postgres';
import { EmbeddedRoles } from '../../app/src/embedded/roles';
import { Child, type Cleanup, run } from '../../bench/child';
import { freePort } from '../../bench/ports';
import { until } from '../until';
import { ExpiringAddress } from './expiring-address';
import { canLimitMemory, NoMoreMemory } from './no-more-memory';
import { family, signalFamily } from './processes';
import { canMount, SmallDisk } from './small-disk';
import { forgetStandby, startStandby } from './standby';
import { SwitchableAddress } from './switchable-address';

const repository = path.join(__dirname, '..', '..');
const stockProgram = path.join(repository, 'app', 'src', 'stock.ts');
const shiftedClock = path.join(__dirname, 'shifted-clock.cjs');
const names = path.join(__dirname, 'names.cjs');
/** What names.cjs leads to 127.0.0.1. */
const hostOf = (server: ServerName) => `${server}.faults.test`;
const databaseName = 'faults';
const applicationRoles = [appRole, readRole];
const startSeconds = 90;
/** In which the suite itself has to reach PostgreSQL: on a busy machine, or nothing could be ended that was begun. */
const patientSeconds = 30;
const postgresSettings = { max_connections: '60', max_wal_size: '64MB', min_wal_size: '32MB' };

export type RoleName = 'api' | 'worker' | 'scheduler';
export type RedisName = 'cache' | 'queue';
/** What the application reaches over a network that can be hurt. */
export type ServerName = 'postgres' | RedisName;
export const roleNames: readonly RoleName[] = ['api', 'worker', 'scheduler'];
const databaseRoleOf: Readonly<Record<RoleName, DatabaseRole>> = { api: readRole, worker: appRole, scheduler: appRole };

/** The whole application as processes of this machine, with its servers, each of which can be hurt. */
export class System {
  readonly folder: string;
  readonly url: string;
  readonly ports: Readonly<Record<RoleName | 'http' | RedisName | 'second', number>>;
  readonly logDisk: SmallDisk | undefined;
  readonly postgresDisk: SmallDisk | undefined;
  /** In memory, so that what others write to the machine's disk makes the queue no slower. */
  readonly redisDisk: SmallDisk | undefined;
  readonly memory: NoMoreMemory | undefined;
  apiKey = '';
  readonly #cleanup: Cleanup;
  readonly #children = new Map<string, Child>();
  readonly #secretKey = randomBytes(32).toString('base64url');
  #postgres: EmbeddedPostgres | undefined;
  readonly #addresses = new Map<ServerName, SwitchableAddress>();
  #postgresFolder: string;
  #standby: { server: EmbeddedPostgres; folder: string } | undefined;
  #started = 0;

  private constructor(folder: string, ports: System['ports'], cleanup: Cleanup) {
    this.folder = folder;
    this.ports = ports;
    this.url = `http://127.0.0.1:${ports.http}`;
    this.#cleanup = cleanup;
    if (canMount()) {
      this.logDisk = this.#mount('logs', 8);
      this.postgresDisk = this.#mount('postgres-disk', 400);
      this.redisDisk = this.#mount('redis-disk', 100);
    }
    if (canLimitMemory()) this.memory = this.#limitMemory();
    this.#postgresFolder = path.join(this.postgresDisk?.folder ?? folder, 'postgres');
  }

  static async start(cleanup: Cleanup, log: (line: string) => void): Promise<System> {
    const folder = await mkdtemp(path.join(tmpdir(), 'stock-faults-'));
    cleanup.addFolder(folder);
    // PostgreSQL started by root runs as another user, who must be able to pass through.
    await chmod(folder, 0o711);
    const names = ['http', 'api', 'worker', 'scheduler', 'cache', 'queue', 'second'] as const;
    const ports = Object.fromEntries(await Promise.all(names.map(async (name) => [name, await freePort()])));
    const system = new System(folder, ports, cleanup);
    log('starting PostgreSQL and two Redis');
    await system.#startServers();
    log('starting API, worker and scheduler');
    await system.#prepare();
    await Promise.all(roleNames.map((role) => system.startRole(role)));
    return system;
  }

  #mount(name: string, megabytes: number): SmallDisk {
    const disk = new SmallDisk(path.join(this.folder, name), megabytes);
    this.#cleanup.add(async () => disk.unmount());
    return disk;
  }

  #limitMemory(): NoMoreMemory {
    const memory = new NoMoreMemory(`stock-faults-${process.pid}`);
    this.#cleanup.add(async () => memory.remove());
    return memory;
  }

  async #startServers(): Promise<void> {
    this.writePassword('secret-key', this.#secretKey);
    await this.startPostgres();
    this.#cleanup.add(async () => {
      this.signalPostgres('SIGCONT');
      await this.postgres.stop();
    });
    await this.#openAddress('postgres', this.postgres.port);
    await this.postgres.ensureDatabase(databaseName);
    const roles = await EmbeddedRoles.open(this.postgres, this.folder);
    await roles.make();
    await roles.grantRights(databaseName);
    for (const name of [ownerRole, appRole, readRole] as const) {
      this.writePassword(name, roles.environment(databaseName, name).DATABASE_PASSWORD);
    }
    for (const name of ['cache', 'queue'] as const) {
      this.writePassword(name, randomBytes(24).toString('base64url'));
      await this.startRedis(name);
      await this.#openAddress(name, this.ports[name]);
    }
  }

  async #openAddress(name: ServerName, port: number): Promise<void> {
    const address = await SwitchableAddress.open(port);
    this.#addresses.set(name, address);
    this.#cleanup.add(async () => address.close());
  }

  /** Where the application reaches a server, and what is between. */
  address(name: ServerName): SwitchableAddress {
    const address = this.#addresses.get(name);
    if (!address) throw new Error(`${name} was never started`);
    return address;
  }

  async #prepare(): Promise<void> {
    await this.#stock(['migrate'], ownerRole);
    const create = ['apikey', 'create', '--name', 'faults', '--scopes', 'read,write'];
    this.apiKey = (await this.#stock([...create, '--requests-per-minute', '1000000'], readRole)).trim();
  }

  /** By which PostgreSQL is reached as its superuser, past its address. */
  ownDatabase(): { DATABASE_URL: string; DATABASE_PASSWORD: string } {
    return { DATABASE_URL: this.postgres.url(databaseName), DATABASE_PASSWORD: this.postgres.password };
  }

  /** Everything that has to stay secret, by name. */
  secrets(): Record<string, string> {
    const names = [ownerRole, appRole, readRole, 'cache', 'queue'];
    return {
      ...Object.fromEntries(names.map((name) => [name, this.password(name)])),
      superuser: this.postgres.password,
      'secret key': this.#secretKey,
      'API key': this.apiKey,
    };
  }

  passwordFile(name: string): string {
    return path.join(this.folder, `${name}-password`);
  }

  writePassword(name: string, password: string): void {
    writeFileSync(this.passwordFile(name), `${password}\n`, { mode: 0o600 });
  }

  password(name: string): string {
    return readFileSync(this.passwordFile(name), 'utf8').trim();
  }

  get #namesAwayFile(): string {
    return path.join(this.folder, 'names-away');
  }

  /** Names of servers lead nowhere, and what is connected is cut off, until it is called with `false`. */
  setNamesAway(areAway: boolean): void {
    rmSync(this.#namesAwayFile, { force: true });
    if (!areAway) return;
    writeFileSync(this.#namesAwayFile, '');
    for (const address of this.#addresses.values()) address.cut();
  }

  #databaseUrl(role: DatabaseRole, port = this.address('postgres').port): string {
    return `postgresql://${role}@${hostOf('postgres')}:${port}/${databaseName}`;
  }

  #environment(databaseRole: DatabaseRole, role?: RoleName): Record<string, string> {
    const logFolder: Record<string, string> =
      role && this.logDisk ? { LOG_DIR: path.join(this.logDisk.folder, role) } : {};
    return {
      NODE_OPTIONS: `--require ${names}`,
      NAMES_AWAY_FILE: this.#namesAwayFile,
      DATABASE_URL: this.#databaseUrl(databaseRole),
      DATABASE_PASSWORD_FILE: this.passwordFile(databaseRole),
      QUEUE_URL: `redis://${hostOf('queue')}:${this.address('queue').port}/0`,
      QUEUE_PASSWORD_FILE: this.passwordFile('queue'),
      REDIS_URL: `redis://${hostOf('cache')}:${this.address('cache').port}/0`,
      REDIS_PASSWORD_FILE: this.passwordFile('cache'),
      SECRET_KEY_FILE: this.passwordFile('secret-key'),
      SOURCE_PRIORITY: 'sample',
      HTTP_HOST: '127.0.0.1',
      HTTP_PORT: String(this.ports.http),
      ...(role ? { METRICS_PORT: String(this.ports[role]) } : {}),
      ...logFolder,
    };
  }

  #stock(args: readonly string[], databaseRole: DatabaseRole): Promise<string> {
    return run(`stock ${args[0]}`, process.execPath, ['--import', 'tsx', stockProgram, ...args], {
      cwd: repository,
      env: this.#environment(databaseRole),
    });
  }

  #spawn(name: string, command: string, args: readonly string[], env: Record<string, string> = {}): Child {
    this.#started++;
    const logFile = path.join(this.folder, `${String(this.#started).padStart(3, '0')}-${name}.log`);
    const child = new Child(name, command, args, { cwd: repository, env, logFile });
    this.#children.set(name, child);
    this.#cleanup.add(async () => {
      if (child.isRunning) signalFamily(child.processId, 'SIGCONT');
      await child.stop();
    });
    return child;
  }

  /** Starts a role and returns once it is ready. @param extra variables beside its own */
  async startRole(role: RoleName, extra: Record<string, string> = {}, name: string = role): Promise<void> {
    const environment = { ...this.#environment(databaseRoleOf[role], role), ...extra };
    const child = this.#spawn(name, process.execPath, ['--import', 'tsx', stockProgram, role], environment);
    await child.until(
      async () => {
        const answer = await fetch(`http://${environment.HTTP_HOST}:${environment.METRICS_PORT}/health/ready`);
        return answer.ok;
      },
      startSeconds,
      100,
    );
  }

  /** Starts a role whose clock is wrong, from the beginning or from so many seconds later on. */
  startWithClock(role: RoleName, aheadSeconds: number, jumpsAfterSeconds = 0): Promise<void> {
    return this.startRole(role, {
      NODE_OPTIONS: `--require ${names} --require ${shiftedClock}`,
      CLOCK_AHEAD_SECONDS: String(aheadSeconds),
      CLOCK_JUMPS_AFTER_SECONDS: String(jumpsAfterSeconds),
    });
  }

  /** Every role reaches PostgreSQL by TLS, whose certificate can end. @returns what it is reached by */
  async speakTls(): Promise<ExpiringAddress> {
    const address = await ExpiringAddress.open(() => this.postgres.port, hostOf('postgres'));
    this.#cleanup.add(async () => address.close());
    const file = path.join(this.folder, 'postgres-ca.pem');
    writeFileSync(file, address.authority);
    await this.restartRoles((role) => ({
      DATABASE_URL: `${this.#databaseUrl(databaseRoleOf[role], address.port)}?sslmode=verify-full`,
      DATABASE_CA_FILE: file,
    }));
    return address;
  }

  /** Stops what runs of the roles and starts each. @param extra variables of a role beside its own */
  async restartRoles(extra: (role: RoleName) => Record<string, string> = () => ({})): Promise<void> {
    for (const role of roleNames) {
      if (this.isRunning(role)) await this.stop(role);
      await this.startRole(role, extra(role));
    }
  }

  #redisFolder(name: RedisName): string {
    return path.join(this.redisDisk?.folder ?? this.folder, `redis-${name}`);
  }

  /** Removes what a Redis that does not run has on its disk. */
  removeRedisData(name: RedisName): void {
    rmSync(this.#redisFolder(name), { recursive: true });
  }

  async startRedis(name: RedisName): Promise<void> {
    const data = this.#redisFolder(name);
    await mkdir(data, { recursive: true });
    const persistence = name === 'queue' ? ['--appendonly', 'yes', '--appendfsync', 'always'] : [];
    const settings = path.join(this.folder, `redis-${name}.conf`);
    // Not among the arguments, which everybody on this machine may read.
    writeFileSync(settings, `requirepass ${this.password(name)}\n`, { mode: 0o600 });
    const child = this.#spawn(`redis-${name}`, 'redis-server', [
      settings,
      ...['--bind', '127.0.0.1', '--port', String(this.ports[name]), '--dir', data, '--save', ''],
      ...persistence,
    ]);
    await child.until(async () => (await this.redis(name, 'PING')) === 'PONG', 15, 50);
  }

  /** Asks a Redis over a connection of its own. */
  async redis(name: RedisName, command: string, ...args: string[]): Promise<unknown> {
    const client = new Redis(this.ports[name], '127.0.0.1', {
      password: this.password(name),
      maxRetriesPerRequest: 0,
      retryStrategy: null,
      commandTimeout: 5_000,
    });
    client.on('error', () => undefined);
    try {
      return await client.call(command, ...args);
    } finally {
      client.disconnect();
    }
  }

  /** Gives a Redis another password and cuts every connection; the file keeps the old one. */
  async rotateRedis(name: RedisName, password: string): Promise<void> {
    const client = new Redis(this.ports[name], '127.0.0.1', { password: this.password(name), retryStrategy: null });
    client.on('error', () => undefined);
    await client.call('CONFIG', 'SET', 'requirepass', password);
    await client.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
    client.disconnect();
  }

  #child(name: string): Child {
    const child = this.#children.get(name);
    if (!child) throw new Error(`${name} was never started`);
    return child;
  }

  /** Sends a signal to a role, a Redis (redis-cache, redis-queue) or what else was started under the name. */
  signal(name: string, signal: NodeJS.Signals): void {
    signalFamily(this.#child(name).processId, signal);
  }

  /** From now on the kernel kills a role that takes more memory than it has. */
  confine(role: RoleName): void {
    for (const id of family(this.#child(role).processId)) this.memory?.confine(id);
  }

  /** @throws Error when it still runs after so many seconds */
  async untilGone(role: RoleName, seconds: number): Promise<void> {
    if (await until(seconds, async () => !this.isRunning(role))) return;
    throw new Error(`${role} still runs after ${seconds} s`);
  }

  /** Tells a role to end. @returns the seconds it took */
  async stop(name: string): Promise<number> {
    const told = performance.now();
    await this.#child(name).stop();
    return (performance.now() - told) / 1000;
  }

  isRunning(name: string): boolean {
    return this.#child(name).isRunning;
  }

  signalPostgres(signal: NodeJS.Signals): void {
    const file = path.join(this.#postgresFolder, 'data', 'postmaster.pid');
    if (existsSync(file)) signalFamily(Number(readFileSync(file, 'utf8').split('\n')[0]), signal);
  }

  get postgres(): EmbeddedPostgres {
    if (!this.#postgres) throw new Error('PostgreSQL was never started');
    return this.#postgres;
  }

  /** Starts PostgreSQL on the data there is. While it runs, one that dies is started again by itself. */
  async startPostgres(port = this.#postgres?.port): Promise<void> {
    this.#postgres = await EmbeddedPostgres.start({ folder: this.#postgresFolder, port, settings: postgresSettings });
  }

  /** Returns once PostgreSQL answers, after starting it where it has been given up. */
  async untilPostgresAnswers(): Promise<void> {
    const isLost = await Promise.race([this.postgres.lost.then(() => true), sleep(1_000).then(() => false)]);
    if (isLost) await this.startPostgres();
    const deadline = performance.now() + startSeconds * 1000;
    while (
      !(await this.sql('SELECT 1').then(
        () => true,
        () => false,
      ))
    ) {
      if (performance.now() > deadline) throw new Error(`PostgreSQL did not come back within ${startSeconds} s`);
      await sleep(100);
    }
  }

  /** Stops PostgreSQL; its data is served again elsewhere, where its address then leads. */
  async movePostgres(): Promise<void> {
    await this.postgres.stop();
    const port = await freePort();
    await this.startPostgres(port);
    this.address('postgres').leadTo(port);
  }

  /** A standby follows PostgreSQL, which commits nothing that it does not have. @returns how to do without it */
  async followPostgres(): Promise<() => Promise<void>> {
    const folder = path.join(this.folder, 'postgres-standby');
    const primary = { server: this.postgres, folder: this.#postgresFolder, settings: postgresSettings };
    const standby = await this.withDatabase((client) => startStandby(primary, client, folder));
    this.#standby = { server: standby, folder };
    this.#cleanup.add(() => standby.stop());
    return async () => {
      if (this.#postgres === standby) return;
      await this.withDatabase(forgetStandby);
      await standby.stop();
    };
  }

  /** PostgreSQL is gone, with its files. */
  async losePostgres(): Promise<void> {
    this.signalPostgres('SIGKILL');
    await this.postgres.stop();
    rmSync(this.#postgresFolder, { recursive: true });
  }

  /** The standby becomes what PostgreSQL's address leads to. */
  async promoteStandby(): Promise<void> {
    if (!this.#standby) throw new Error('there is no standby');
    this.#postgres = this.#standby.server;
    this.#postgresFolder = this.#standby.folder;
    await this.sql('SELECT pg_promote()');
    this.address('postgres').leadTo(this.postgres.port);
  }

  /** A connection past the address, as PostgreSQL's superuser or as a role of the application. */
  async connect(role?: DatabaseRole, timeoutSeconds = 5): Promise<pg.Client> {
    const { hostname, port, username } = new URL(this.postgres.url(databaseName));
    const client = new pg.Client({
      host: hostname,
      port: Number(port),
      user: role ?? username,
      password: role ? this.password(role) : this.postgres.password,
      database: databaseName,
      connectionTimeoutMillis: timeoutSeconds * 1000,
    });
    client.on('error', () => undefined);
    await client.connect();
    return client;
  }

  /** Does work over a connection of the suite's own. */
  async withDatabase<T>(work: (client: pg.Client) => Promise<T>): Promise<T> {
    const client = await this.connect(undefined, patientSeconds);
    // The suite mends what it has made read-only.
    await client.query('SET default_transaction_read_only = off');
    try {
      return await work(client);
    } finally {
      await client.end().catch(() => undefined);
    }
  }

  async sql<R extends pg.QueryResultRow>(text: string, values?: unknown[]): Promise<R[]> {
    return this.withDatabase(async (client) => (await client.query<R>(text, values)).rows);
  }

  /** Ends the connections of the application. */
  async cutConnections(): Promise<void> {
    await this.sql('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = ANY($1)', [
      applicationRoles,
    ]);
  }

  /** Gives the roles of the application another password and cuts their connections; the files keep the old one. */
  async rotateDatabase(password: string): Promise<void> {
    // At once: a role that kept the old one would fit no file.
    await this.sql(applicationRoles.map((role) => `ALTER ROLE ${role} PASSWORD '${password}'`).join('; '));
    await this.cutConnections();
  }

  /** Writes what the roles' password is into their files. */
  writeDatabasePassword(password: string): void {
    for (const role of applicationRoles) this.writePassword(role, password);
  }
}
