import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { migrate } from '../../app/src/database/migrations';
import { ownerRole } from '../../app/src/database/roles';
import { EmbeddedRoles } from '../../app/src/embedded/roles';
import { Child, type Cleanup, run } from '../../bench/child';
import { freePort } from '../../bench/ports';
import { isCopyId } from '../../ops/src/backup/copy-id';
import { family, signalFamily } from '../faults/processes';
import { canMount, SmallDisk } from '../faults/small-disk';
import { until } from '../until';

const repository = path.join(__dirname, '..', '..');
const stockopsProgram = path.join(repository, 'ops', 'src', 'stockops.ts');
const databaseName = 'kept';
const superuser = 'postgres';
const passwords = { [superuser]: 'of-the-superuser', stock_backup: 'of-who-keeps-copies' };
const readySeconds = 90;
const volumeMegabytes = 400;
/** What the table of the trial has; random, so that it does not compress to nothing. */
const usualRows = 40_000;

/** What is told once a new environment has all that it begins with. */
const doneOnce = [
  'stock_backup_last_verified_timestamp_seconds',
  'stock_restore_drill_last_success_timestamp_seconds',
  'stock_base_backup_last_success_timestamp_seconds',
  'stock_wal_received_timestamp_seconds',
];

export const never = '0 0 1 1 *';
export const everyMinute = '* * * * *';

interface Schedules {
  backup?: string;
  drill?: string;
  base?: string;
  maintenance?: string;
}

/**
 * A database of a PostgreSQL whose programs are of its own version, and what keeps its copies, run as the workload `backup` runs it.
 * Copies, drills and base backups are made once, and then only when they are asked for, as upkeep is.
 */
export class KeptDatabase {
  readonly #folder: string;
  readonly #programs: string;
  readonly #cleanup: Cleanup;
  readonly #ports: { database: number; metrics: number };
  readonly #volume: string;
  readonly disk: SmallDisk | undefined;
  #keeper: Child | undefined;
  #started = 0;

  private constructor(
    folder: string,
    programs: string,
    cleanup: Cleanup,
    ports: { database: number; metrics: number },
  ) {
    this.#folder = folder;
    this.#programs = programs;
    this.#cleanup = cleanup;
    this.#ports = ports;
    this.#volume = path.join(folder, 'volume');
    mkdirSync(folder);
    if (canMount()) {
      const disk = new SmallDisk(this.#volume, volumeMegabytes);
      cleanup.add(async () => disk.unmount());
      this.disk = disk;
    } else mkdirSync(this.#volume);
    if (canMount()) for (const each of [folder, this.#volume]) execFileSync('chown', [superuser, each]);
  }

  /** @param programs folder of initdb, postgres, pg_dump, pg_receivewal and the others, of one version */
  static async start(folder: string, programs: string, cleanup: Cleanup): Promise<KeptDatabase> {
    if (!existsSync(path.join(programs, 'pg_receivewal')))
      throw new Error(`${programs} has no pg_receivewal; say with --postgres where a PostgreSQL and its clients are`);
    const ports = { database: await freePort(), metrics: await freePort() };
    const kept = new KeptDatabase(path.join(folder, 'kept'), programs, cleanup, ports);
    await kept.#startServer();
    await kept.#makeDatabase();
    await kept.stockops('backup', 'init');
    await kept.startKeeper();
    await kept.untilDone();
    // Three that stay, whatever becomes of another.
    for (let more = 0; more < 3; more++) await kept.stockops('backup', 'create');
    return kept;
  }

  /** Waits until there are a copy, a drill, the log and a base backup. */
  async untilDone(): Promise<void> {
    const isDone = await until(readySeconds, async () => {
      const told = await this.metrics();
      return doneOnce.every((moment) => told.includes(`\n${moment} `));
    });
    if (!isDone) throw new Error(`no copy, drill, log or base backup after ${readySeconds} s: ${this.#keeper?.log()}`);
  }

  get metricsPort(): number {
    return this.#ports.metrics;
  }

  get #store(): string {
    return path.join(this.#volume, 'store');
  }

  /** PostgreSQL does not run as root. */
  #asItsUser(words: readonly string[]): { command: string; args: string[] } {
    const user = [`--reuid=${superuser}`, `--regid=${superuser}`, '--clear-groups', '--'];
    const [command = '', ...args] = canMount() ? ['setpriv', ...user, ...words] : words;
    return { command, args };
  }

  #environment({
    backup = never,
    drill = never,
    base = never,
    maintenance = never,
  }: Schedules = {}): Record<string, string> {
    return {
      PATH: `${this.#programs}:${process.env.PATH}`,
      HOME: this.#folder,
      TMPDIR: this.#folder,
      STOCK_ENVIRONMENT: 'production',
      DATABASE_URL: `postgresql://stock_backup@127.0.0.1:${this.#ports.database}/${databaseName}`,
      DATABASE_PASSWORD: passwords.stock_backup,
      SECRET_KEY: 'a key of this run alone, which nobody else has',
      BACKUP_STORE: this.#store,
      BACKUP_WORK: path.join(this.#volume, 'work'),
      BACKUP_SCHEDULE: backup,
      DRILL_SCHEDULE: drill,
      BASE_BACKUP_SCHEDULE: base,
      MAINTENANCE_SCHEDULE: maintenance,
      MONTHLY_MAINTENANCE_SCHEDULE: never,
      HTTP_HOST: '127.0.0.1',
      METRICS_PORT: String(this.#ports.metrics),
    };
  }

  #spawn(name: string, words: readonly string[], env: Record<string, string>): Child {
    this.#started++;
    const logFile = path.join(this.#folder, `${String(this.#started).padStart(3, '0')}-${name}.log`);
    const { command, args } = this.#asItsUser(words);
    const child = new Child(name, command, args, { cwd: repository, env, logFile });
    this.#cleanup.add(async () => {
      if (child.isRunning) signalFamily(child.processId, 'SIGCONT');
      await child.stop();
    });
    return child;
  }

  async #startServer(): Promise<void> {
    const data = path.join(this.#folder, 'data');
    const passwordFile = path.join(this.#folder, 'password');
    writeFileSync(passwordFile, passwords[superuser]);
    const authentication = [`--username=${superuser}`, `--pwfile=${passwordFile}`, '--auth=scram-sha-256'];
    const made = [
      path.join(this.#programs, 'initdb'),
      `--pgdata=${data}`,
      ...authentication,
      '--locale=C.UTF-8',
      '--no-sync',
    ];
    const { command, args } = this.#asItsUser(made);
    await run('initdb', command, args, { cwd: this.#folder, env: this.#environment() });
    const settings = { listen_addresses: '127.0.0.1', unix_socket_directories: '', port: String(this.#ports.database) };
    const given = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
    const server = this.#spawn(
      'postgres',
      [path.join(this.#programs, 'postgres'), '-D', data, ...given],
      this.#environment(),
    );
    await server.until(async () => Boolean(await this.sql('SELECT 1', 'postgres')), readySeconds, 200);
  }

  /** The roles, their rights and the tables as the application and start.sh of the component make them. */
  async #makeDatabase(): Promise<void> {
    await this.sql(`CREATE DATABASE ${databaseName}`, 'postgres');
    const url = (database: string) => `postgresql://${superuser}@127.0.0.1:${this.#ports.database}/${database}`;
    const roles = await EmbeddedRoles.open({ password: passwords[superuser], url }, this.#folder);
    await roles.make();
    await this.sql(readFileSync(path.join(repository, 'constructs/postgres/backup.sql'), 'utf8'), 'postgres');
    await this.sql(`ALTER ROLE stock_backup PASSWORD '${passwords.stock_backup}'`);
    await this.sql(`ALTER DATABASE ${databaseName} OWNER TO stock_backup`);
    await roles.grantRights(databaseName);
    await migrate(roles.environment(databaseName, ownerRole), 10, () => undefined);
    await this.sql('CREATE TABLE trial (content text)');
    await this.sql('ALTER TABLE trial OWNER TO stock_owner');
    await this.fillTable();
  }

  /** As the superuser. */
  async sql(text: string, database = databaseName): Promise<pg.QueryResult> {
    const client = await this.connect(database);
    try {
      return await client.query(text);
    } finally {
      await client.end();
    }
  }

  async connect(database = databaseName): Promise<pg.Client> {
    const client = new pg.Client({
      ...{ host: '127.0.0.1', port: this.#ports.database, user: superuser, password: passwords[superuser], database },
    });
    client.on('error', () => undefined);
    await client.connect();
    return client;
  }

  fillTable(): Promise<pg.QueryResult> {
    return this.sql(
      `INSERT INTO trial SELECT string_agg(md5(random()::text), '') FROM generate_series(1, ${usualRows}) row, generate_series(1, 4) GROUP BY row`,
    );
  }

  /** @returns what ends it */
  async lockTable(): Promise<() => Promise<void>> {
    const client = await this.connect();
    await client.query('BEGIN; LOCK TABLE trial IN ACCESS EXCLUSIVE MODE');
    return () => client.end();
  }

  async metrics(): Promise<string> {
    return (await fetch(`http://127.0.0.1:${this.metricsPort}/metrics`)).text();
  }

  /** Starts what keeps the copies, after ending the one that runs. */
  async startKeeper(schedules: Schedules = {}): Promise<void> {
    await this.#keeper?.stop();
    const words = [process.execPath, '--import', 'tsx', stockopsProgram, 'backup', 'serve'];
    const keeper = this.#spawn('backup', words, this.#environment(schedules));
    this.#keeper = keeper;
    const ready = `http://127.0.0.1:${this.metricsPort}/health/ready`;
    await keeper.until(async () => (await fetch(ready)).ok, readySeconds, 200);
  }

  /** As an operator in the workload. */
  stockops(...words: string[]): Promise<string> {
    const { command, args } = this.#asItsUser([process.execPath, '--import', 'tsx', stockopsProgram, ...words]);
    return run(`stockops ${words.join(' ')}`, command, args, { cwd: repository, env: this.#environment() });
  }

  killKeeper(): void {
    if (this.#keeper) signalFamily(this.#keeper.processId, 'SIGKILL');
  }

  /** Sends a signal to what receives the log. */
  signalReceiver(signal: NodeJS.Signals): void {
    const isReceiver = (id: number) => readFileSync(`/proc/${id}/comm`, 'utf8').trim() === 'pg_receivewal';
    const found = family(this.#keeper?.processId ?? 0).filter((id) => existsSync(`/proc/${id}`) && isReceiver(id));
    if (found.length !== 1) throw new Error(`${found.length} pg_receivewal run`);
    for (const id of found) process.kill(id, signal);
  }

  async untilCopyIsUnderWay(): Promise<void> {
    const isSo = await until(readySeconds, async () =>
      readdirSync(this.#store).some((name) => name.endsWith('.partial')),
    );
    if (!isSo) throw new Error(`no copy was begun within ${readySeconds} s`);
    await sleep(500);
  }

  /** The store without the file that says whose it is, as another volume would be. @returns what puts it back */
  unmark(): () => Promise<void> {
    const mark = path.join(this.#store, 'stockops-store.json');
    renameSync(mark, `${mark}.away`);
    return async () => renameSync(`${mark}.away`, mark);
  }

  /** Folders of the copies, the oldest first. */
  get #copies(): string[] {
    const names = readdirSync(this.#store).filter(isCopyId).sort();
    return names.map((name) => path.join(this.#store, name));
  }

  get #newestCopy(): string {
    const newest = this.#copies.at(-1);
    if (!newest) throw new Error('there is no copy');
    return newest;
  }

  /** What a copy is whose maker was killed before it had read it again. */
  forgetVerification(): void {
    rmSync(path.join(this.#newestCopy, 'verification.json'));
  }

  /** One byte too many in the largest file of the newest copy. */
  damageNewest(): void {
    const dump = path.join(this.#newestCopy, 'database');
    const file = readdirSync(dump).find((name) => /\.dat(\.\w+)?$/.test(name) && name !== 'toc.dat');
    appendFileSync(path.join(dump, `${file}`), 'x');
  }

  /** As if no drill had ever succeeded, and none can be begun. @returns what lets them be made again */
  forgetDrills(): () => Promise<void> {
    for (const copy of this.#copies) rmSync(path.join(copy, 'drill.json'), { force: true });
    const place = path.join(this.#volume, 'work', 'drill');
    rmSync(place, { recursive: true, force: true });
    writeFileSync(place, 'a file where the folder of drills is to be');
    return async () => rmSync(place);
  }

  /** As if no base backup had ever been made, and none can be begun. @returns what lets them be made again */
  forgetBaseBackups(): () => Promise<void> {
    const wal = path.join(this.#store, 'wal');
    const place = path.join(wal, `${readdirSync(wal)[0]}`, 'base');
    rmSync(place, { recursive: true });
    writeFileSync(place, 'a file where the folder of base backups is to be');
    return async () => rmSync(place);
  }

  /** Leaves a tenth of the volume. @returns what frees it again */
  nearlyFillVolume(): () => Promise<void> {
    const file = path.join(this.#volume, 'of-others');
    const [, free = ''] = execFileSync('df', ['--block-size=1M', '--output=avail', this.#volume], {
      encoding: 'utf8',
    }).split('\n');
    const megabytes = Number(free) - Math.round(volumeMegabytes / 10);
    execFileSync('dd', ['if=/dev/zero', `of=${file}`, 'bs=1M', `count=${megabytes}`, 'status=none']);
    return async () => rmSync(file);
  }

  /** Writes into the database until it is told to end. */
  keepWriting(): () => Promise<void> {
    let isOver = false;
    const writing = (async () => {
      for (; !isOver; await sleep(500)) await this.sql("INSERT INTO trial VALUES ('written meanwhile')");
    })();
    return async () => {
      isOver = true;
      await writing;
    };
  }
}
