import { randomBytes } from 'node:crypto';
import { chmod, mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import pg from 'pg';
import { appRole, type DatabaseRole, ownerRole, readRole } from '../app/src/database/roles';
import { EmbeddedPostgres } from '../app/src/embedded/postgres';
import { EmbeddedRoles } from '../app/src/embedded/roles';
import { buildApplication } from './application';
import { Child, type Cleanup, run } from './child';
import { freePort } from './ports';
import { preparePython } from './python';
import { type RedisServer, redisVersion, startRedis } from './redis-server';

/** What is compared: the application, and the operations manual's own stack. */
export type Side = 'app' | 'baseline';
export const sides: readonly Side[] = ['app', 'baseline'];

const workFolder = path.join(__dirname, '.work');
const readySeconds = 60;
const jobsPerWorker = 4;

// Each side has databases of its own in the two Redis servers, so that neither sees the other's keys.
const redisDatabase: Record<Side, number> = { app: 0, baseline: 1 };

/** A server or worker at work. */
export interface Running {
  urls: string[];
  processIds: number[];
  stop(): Promise<void>;
}

function openPool(postgres: EmbeddedPostgres, databaseName: string, cleanup: Cleanup): pg.Pool {
  const { hostname, port, username, pathname } = new URL(postgres.url(databaseName));
  const pool = new pg.Pool({
    host: hostname,
    port: Number(port),
    user: username,
    password: postgres.password,
    database: pathname.slice(1),
    max: 2,
  });
  // A connection that the server's stop ends has nothing left to tell.
  pool.on('error', () => undefined);
  cleanup.add(() => pool.end());
  return pool;
}

/** Everything both sides stand on: one PostgreSQL, one Redis as cache, one Redis as queue. */
export class Stack {
  readonly folder: string;
  readonly database: pg.Pool;
  readonly cacheRedis: RedisServer;
  readonly queueRedis: RedisServer;
  readonly apiKey: string;
  readonly versions: string[];
  readonly #postgres: EmbeddedPostgres;
  readonly #roles: EmbeddedRoles;
  readonly #stockCommand: string;
  readonly #python: string;
  readonly #secretKey: string;
  readonly #cleanup: Cleanup;
  #started = 0;

  private constructor(
    parts: Pick<Stack, 'folder' | 'database' | 'cacheRedis' | 'queueRedis' | 'apiKey' | 'versions'>,
    postgres: EmbeddedPostgres,
    roles: EmbeddedRoles,
    stockCommand: string,
    python: string,
    secretKey: string,
    cleanup: Cleanup,
  ) {
    this.folder = parts.folder;
    this.database = parts.database;
    this.cacheRedis = parts.cacheRedis;
    this.queueRedis = parts.queueRedis;
    this.apiKey = parts.apiKey;
    this.versions = parts.versions;
    this.#postgres = postgres;
    this.#roles = roles;
    this.#stockCommand = stockCommand;
    this.#python = python;
    this.#secretKey = secretKey;
    this.#cleanup = cleanup;
  }

  static async start(cleanup: Cleanup, log: (line: string) => void): Promise<Stack> {
    const redis = await redisVersion();
    const { python, version: pythonVersion } = await preparePython(log);
    const folder = await mkdtemp(path.join(tmpdir(), 'stock-bench-'));
    cleanup.addFolder(folder);
    // PostgreSQL started by root runs as another user, who must be able to pass through.
    await chmod(folder, 0o711);

    log('compiling the application');
    const build = path.join(workFolder, path.basename(folder));
    cleanup.addFolder(build);
    const stockCommand = await buildApplication(build);

    log('starting PostgreSQL and Redis');
    const postgres = await EmbeddedPostgres.start({
      folder: path.join(folder, 'postgres'),
      settings: { max_connections: '200', shared_buffers: '512MB', max_wal_size: '4GB', checkpoint_timeout: '30min' },
    });
    cleanup.add(() => postgres.stop());
    await postgres.ensureDatabase('bench');
    const roles = await EmbeddedRoles.open(postgres, path.join(folder, 'postgres'));
    await roles.make();
    await roles.grantRights('bench');
    const database = openPool(postgres, 'bench', cleanup);
    const { rows } = await database.query<{ version: string }>("SELECT split_part(version(), ' ', 2) AS version");

    const cacheRedis = await startRedis(
      'redis-cache',
      folder,
      ['--maxmemory', '256mb', '--maxmemory-policy', 'allkeys-lru'],
      cleanup,
    );
    const queueRedis = await startRedis(
      'redis-queue',
      folder,
      ['--appendonly', 'yes', '--maxmemory-policy', 'noeviction'],
      cleanup,
    );

    const secretKey = randomBytes(32).toString('base64url');
    const parts = {
      folder,
      database,
      cacheRedis,
      queueRedis,
      apiKey: '',
      versions: [`Node.js ${process.version.slice(1)}`, pythonVersion, `PostgreSQL ${rows[0]?.version}`, redis],
    };
    const unkeyed = new Stack(parts, postgres, roles, stockCommand, python, secretKey, cleanup);
    await unkeyed.stock(['migrate'], ownerRole);
    // Both sides count the requests of the key; none may be refused.
    const limit = ['--requests-per-minute', String(2 ** 31 - 1)];
    const create = ['apikey', 'create', '--name', 'bench', '--scopes', 'read,write', ...limit];
    const apiKey = (await unkeyed.stock(create, readRole)).trim();
    return new Stack({ ...parts, apiKey }, postgres, roles, stockCommand, python, secretKey, cleanup);
  }

  get postgresProcessId(): Promise<number> {
    return readFile(path.join(this.folder, 'postgres', 'data', 'postmaster.pid'), 'utf8').then((text) =>
      Number(text.split('\n')[0]),
    );
  }

  /** Environment of one side; the names are the same on both. The manual's stack knows one role, which may do all. */
  environment(side: Side, role: DatabaseRole = ownerRole, databaseName = 'bench'): Record<string, string> {
    const { DATABASE_URL, DATABASE_PASSWORD } = this.#roles.environment(databaseName, role);
    return {
      NODE_ENV: 'production',
      DATABASE_URL,
      DATABASE_PASSWORD,
      DATABASE_POOL_SIZE: '10',
      DATABASE_MAX_OVERFLOW: '10',
      REDIS_URL: this.cacheRedis.url(redisDatabase[side]),
      QUEUE_URL: this.queueRedis.url(redisDatabase[side]),
      SECRET_KEY: this.#secretKey,
      HTTP_HOST: '127.0.0.1',
      LOG_LEVEL: 'INFO',
      CELERY_WORKER_CONCURRENCY: String(jobsPerWorker),
    };
  }

  queueDatabase(side: Side): number {
    return redisDatabase[side];
  }

  /** A further empty database with the application's schema. */
  async createDatabase(name: string): Promise<pg.Pool> {
    await this.#postgres.ensureDatabase(name);
    await this.#roles.grantRights(name);
    await this.stock(['migrate'], ownerRole, name);
    return openPool(this.#postgres, name, this.#cleanup);
  }

  /** Runs a command of the application's command line. */
  stock(args: readonly string[], role: DatabaseRole, databaseName?: string): Promise<string> {
    return run(`stock ${args[0]}`, process.execPath, [this.#stockCommand, ...args], {
      env: this.environment('app', role, databaseName),
    });
  }

  /** Runs a module of the baseline to its end. */
  baselineModule(name: string, args: readonly string[]): Promise<string> {
    return run(`baseline ${name}`, this.#python, ['-m', `baseline.${name}`, ...args], {
      cwd: __dirname,
      env: this.environment('baseline'),
    });
  }

  /** Starts the API of a side in as many processes, each on a port of its own, and waits until all are ready. */
  async startApi(side: Side, processes: number, extraEnvironment: Record<string, string> = {}): Promise<Running> {
    const children: Child[] = [];
    const urls: string[] = [];
    const stop = async () => void (await Promise.all(children.map((child) => child.stop())));
    this.#cleanup.add(stop);
    for (let index = 0; index < processes; index++) {
      const [port, metricsPort] = [await freePort(), await freePort()];
      const ports = { HTTP_PORT: String(port), METRICS_PORT: String(metricsPort) };
      const [command, args] =
        side === 'app' ? [process.execPath, [this.#stockCommand, 'api']] : [this.#python, ['-m', 'baseline.main']];
      children.push(
        this.#child(`${side}-api`, command, args, {
          ...this.environment(side, side === 'app' ? readRole : ownerRole),
          ...ports,
          ...extraEnvironment,
        }),
      );
      urls.push(`http://127.0.0.1:${port}`);
    }
    for (const [index, child] of children.entries()) {
      // Degraded is not enough: what answers without its cache would be measured without it. Only schedules there are none.
      const isFit = async () => {
        const { status, checks = {} } = (await (await fetch(`${urls[index]}/health`)).json()) as {
          status: string;
          checks?: Record<string, { status: string }>;
        };
        const failed = Object.keys(checks).filter((name) => checks[name]?.status === 'failed');
        return status === 'ok' || (status === 'degraded' && failed.every((name) => name === 'schedules'));
      };
      await child.until(isFit, readySeconds, 5);
    }
    return { urls, processIds: children.map(({ processId }) => processId), stop };
  }

  /** Starts the application's worker as it is deployed. */
  async startAppWorker(): Promise<Running> {
    const port = await freePort();
    const child = this.#child('app-worker', process.execPath, [this.#stockCommand, 'worker'], {
      ...this.environment('app', appRole),
      METRICS_PORT: String(port),
    });
    this.#cleanup.add(() => child.stop());
    await child.until(async () => (await fetch(`http://127.0.0.1:${port}/health`)).ok, readySeconds);
    return { urls: [], processIds: [child.processId], stop: () => child.stop() };
  }

  /** Starts a worker of the application's queue whose jobs do nothing. */
  async startAppNoopWorker(): Promise<Running> {
    const child = this.#child(
      'app-noop-worker',
      process.execPath,
      ['--import', 'tsx', path.join(__dirname, 'app-jobs', 'noop-worker.ts')],
      this.environment('app', appRole),
    );
    this.#cleanup.add(() => child.stop());
    return { urls: [], processIds: [child.processId], stop: () => child.stop() };
  }

  /** Starts Celery with its prefork pool. */
  async startCelery(prefetch: number): Promise<Running> {
    const child = this.#child(
      `celery-prefetch-${prefetch}`,
      this.#python,
      [
        ...['-m', 'celery', '--app', 'baseline.tasks:celery', 'worker', '--pool', 'prefork'],
        ...['--concurrency', String(jobsPerWorker), '--prefetch-multiplier', String(prefetch), '--loglevel', 'WARNING'],
        // Nobody listens to what these would send.
        ...['--without-gossip', '--without-mingle', '--without-heartbeat'],
      ],
      { ...this.environment('baseline'), C_FORCE_ROOT: 'true' },
    );
    this.#cleanup.add(() => child.stop());
    return { urls: [], processIds: [child.processId], stop: () => child.stop() };
  }

  /** Adds no-op jobs one by one through the application's queue. */
  appEnqueue(args: readonly string[]): Promise<string> {
    return run(
      'app enqueue',
      process.execPath,
      ['--import', 'tsx', path.join(__dirname, 'app-jobs', 'enqueue.ts'), ...args],
      { env: this.environment('app', readRole) },
    );
  }

  #child(name: string, command: string, args: readonly string[], env: Record<string, string>): Child {
    this.#started++;
    return new Child(name, command, args, {
      cwd: __dirname,
      env,
      logFile: path.join(this.folder, `${String(this.#started).padStart(3, '0')}-${name}.log`),
    });
  }
}
