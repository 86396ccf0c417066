import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import pino from 'pino';
import { createApiKey, findApiKey } from '../access/api-key';
import { maintain } from '../database/maintenance';
import { migrate } from '../database/migrations';
import { createSingleConnectionPool } from '../database/pool';
import { appRole, type DatabaseRole, ownerRole, readRole } from '../database/roles';
import { dayInShanghai } from '../market/trading-day';
import { startApi } from '../roles/api';
import { startScheduler } from '../roles/scheduler';
import { startWorker } from '../roles/worker';
import { givenVariables, readEnvironment } from '../runtime/env';
import { createLogger } from '../runtime/logging';
import { within } from '../runtime/within';
import { configuredSources } from '../sources/configured-sources';
import { claimFolder } from './claim-folder';
import { EmbeddedError } from './embedded-error';
import { environmentFile, writeEnvironmentFile } from './environment-file';
import { keptSecret, readSecret, writeSecret } from './kept-secret';
import { EmbeddedMonitor } from './monitor/monitor';
import { requireFreePort } from './ports';
import { EmbeddedPostgres } from './postgres';
import { dataFolder } from './postgres-data';
import { EmbeddedRoles, type RoleEnvironment, rolePasswordFile } from './roles';
import { loadSample } from './sample';

const databaseName = 'stockdb';
const exampleSymbol = '604981.SH';
/** Long enough for requests under way; a job that takes longer is done again at the next start. */
const closeSeconds = 4;

export interface EmbeddedOptions {
  port: number;
  metricsPort: number;
  databasePort?: number;
  folder: string;
  /** Whether to load synthetic data where no source of market data is configured. */
  sample: boolean;
}

const print = (line: string) => process.stdout.write(`${line}\n`);
const shortPath = (file: string) => path.relative(process.cwd(), file) || file;

/** The variables with which a process reaches the database as a role. */
type AsRole = (role: DatabaseRole) => RoleEnvironment & Record<string, string>;

/** The whole application in one process. */
export class EmbeddedProduct {
  /** Resolves with the reason when the product cannot go on. */
  readonly lost: Promise<EmbeddedError>;
  readonly #options: EmbeddedOptions;
  readonly #stopping = new AbortController();
  /** How to stop each part that was started. */
  readonly #closers: (() => Promise<void>)[] = [];
  #database: EmbeddedPostgres | undefined;
  #release: (() => Promise<void>) | undefined;
  #lose!: (error: EmbeddedError) => void;
  #starting: Promise<void> = Promise.resolve();

  constructor(options: EmbeddedOptions) {
    this.#options = options;
    this.lost = new Promise((resolve) => {
      this.#lose = resolve;
    });
  }

  /**
   * Starts everything and says where it is.
   *
   * @throws EmbeddedError when something on this machine is in the way; the signal's reason when it is stopped meanwhile
   */
  start(): Promise<void> {
    this.#starting = this.#start();
    return this.#starting;
  }

  /** Stops what was started, the last first. It takes seconds, whatever is under way. */
  async stop(): Promise<void> {
    this.#stopping.abort(new EmbeddedError('stopped before it was ready'));
    const closing = this.#starting
      .catch(() => undefined)
      .then(async () => {
        for (const close of this.#closers.reverse()) await close();
      });
    await within(closeSeconds, closing).catch((error) => print(`not all ended in order: ${error.message}`));
    await this.#database?.stop();
    await this.#release?.();
  }

  /** Takes one step and tells how long it took; once told to stop, it takes no more. */
  async #step<T>(text: string, work: () => Promise<T>): Promise<T> {
    this.#stopping.signal.throwIfAborted();
    process.stdout.write(`  ${text} `);
    const started = performance.now();
    const result = await work();
    print(`(${((performance.now() - started) / 1000).toFixed(1)} s)`);
    return result;
  }

  async #start(): Promise<void> {
    const { port, metricsPort, folder } = this.#options;
    const started = performance.now();
    print('Stock analysis, embedded');
    const sources = this.#sources();
    this.#release = await claimFolder(folder);
    await requireFreePort(port, '--port');
    for (const offset of [0, 1, 2]) await requireFreePort(metricsPort + offset, '--metrics-port');

    const roles = await this.#startPostgres();
    const shared = {
      ...sources.variables,
      SECRET_KEY: await keptSecret(path.join(folder, 'secret-key')),
      HTTP_HOST: '127.0.0.1',
      HTTP_PORT: String(port),
    };
    const as: AsRole = (role) => ({ ...shared, ...roles.environment(databaseName, role) });
    const apiKey = await this.#step('bringing the database up to date', () => prepareDatabase(folder, as));
    const { urls, watch } = await this.#step('starting API, worker and scheduler', () => this.#startRoles(as));
    if (sources.isSampleWanted) {
      await this.#step('loading sample data', () => loadSample(`${urls.api}`, apiKey, this.#stopping.signal));
    }
    await writeEnvironmentFile(folder, (role) => ({
      ...sources.variables,
      DATABASE_URL: as(role).DATABASE_URL,
      DATABASE_PASSWORD_FILE: rolePasswordFile(folder, role),
      QUEUE_URL: as(role).QUEUE_URL,
      QUEUE_PASSWORD_FILE: rolePasswordFile(folder, role),
      SECRET_KEY_FILE: path.join(folder, 'secret-key'),
      HTTP_PORT: String(port),
      METRICS_PORT: String(metricsPort),
    }));
    this.#closers.push(() => rm(environmentFile(folder), { force: true }));

    const seconds = ((performance.now() - started) / 1000).toFixed(1);
    print(`
Ready in ${seconds} s, ${sources.description}.

  Page      ${urls.api}/#key=${apiKey}
  API       ${urls.api}
  Docs      ${urls.docs}
  Metrics   ${urls.metrics}   (worker: port ${metricsPort + 1}, scheduler: port ${metricsPort + 2})
  Database  ${as(readRole).DATABASE_URL}   (password in ${shortPath(rolePasswordFile(folder, readRole))})
  Log       ${shortPath(path.join(folder, 'stock-analysis.log'))}

Try it:

  curl -H 'X-API-Key: ${apiKey}' '${urls.api}/api/v1/stocks/${exampleSymbol}/daily?start=2024-01-02&limit=5'
  npm run stock -- doctor

Ctrl-C stops everything and keeps the data.`);
    // Not before: it would delay what is still being started.
    watch();
  }

  /** Which sources are asked, from the environment; without any, the sample. */
  #sources() {
    const variables = givenVariables('embedded');
    const environment = readEnvironment('embedded', variables);
    const { SOURCE_PRIORITY } = environment;
    const configured = configuredSources(environment)
      .map(({ name }) => name)
      .filter((name) => name !== 'sample');
    const isPriorityGiven = 'SOURCE_PRIORITY' in variables || 'SOURCE_PRIORITY_FILE' in variables;
    const isSampleAlone = this.#options.sample && configured.length === 0 && !isPriorityGiven;
    const isSampleNamed = isPriorityGiven && Object.values(SOURCE_PRIORITY).some((names) => names.includes('sample'));
    const isSampleWanted = isSampleAlone || (this.#options.sample && isSampleNamed);
    const names = configured.length > 0 ? `asking ${configured.join(', ')}` : 'without a source of market data';
    return {
      variables: isSampleAlone ? { ...variables, SOURCE_PRIORITY: 'sample' } : variables,
      isSampleWanted,
      description: isSampleAlone ? 'on synthetic sample data' : `${names}${isSampleWanted ? ' and the sample' : ''}`,
    };
  }

  #startPostgres(): Promise<EmbeddedRoles> {
    const { folder, databasePort } = this.#options;
    const isNew = !existsSync(dataFolder(folder));
    return this.#step(isNew ? 'making and starting PostgreSQL' : 'starting PostgreSQL', async () => {
      const server = await EmbeddedPostgres.start({
        folder,
        port: databasePort,
        signal: this.#stopping.signal,
        onNote: (note) => print(`\n  ${note}`),
      });
      this.#database = server;
      server.lost.then(this.#lose);
      await server.ensureDatabase(databaseName);
      const roles = await EmbeddedRoles.open(server, folder);
      await roles.make();
      await roles.grantRights(databaseName);
      return roles;
    });
  }

  async #startRoles(as: AsRole): Promise<{ urls: Record<string, string>; watch: () => void }> {
    const { folder, metricsPort } = this.#options;
    const destination = pino.destination({ dest: path.join(folder, 'stock-analysis.log'), sync: true });
    // A full disk must not end the product; what cannot be written is lost.
    destination.on('error', () => undefined);
    const logger = (role: string) => createLogger(`stock-analysis-${role}`, 'INFO', destination);
    const on = (offset: number, role: DatabaseRole) => ({ ...as(role), METRICS_PORT: String(metricsPort + offset) });
    const scheduler = await startScheduler(readEnvironment('scheduler', on(2, appRole)), logger('scheduler'));
    this.#closers.push(scheduler.close);
    const worker = await startWorker(readEnvironment('worker', on(1, appRole)), logger('worker'));
    this.#closers.push(worker.close);
    const monitor = new EmbeddedMonitor();
    const { signal } = this.#stopping;
    const api = await startApi(readEnvironment('api', on(0, readRole)), logger('api'), signal, monitor);
    this.#closers.push(api.close);
    for (const [role, { registry }] of Object.entries({ api, worker, scheduler })) monitor.add(role, registry);
    return { urls: api.urls, watch: () => monitor.run(logger('monitor'), signal) };
  }
}

/** Brings the database to this version. @returns an API key to try it with */
async function prepareDatabase(folder: string, as: AsRole): Promise<string> {
  await migrate(readEnvironment('migrate', as(ownerRole)), 10, () => undefined);
  const upkeep = readEnvironment('maintain', as(ownerRole));
  const owned = createSingleConnectionPool(upkeep, 'stock-embedded');
  try {
    await maintain(owned, Number(dayInShanghai(new Date()).slice(0, 4)), upkeep.CELERY_RESULT_EXPIRES);
  } finally {
    await owned.end();
  }
  return demoKey(folder, as);
}

/** The API key to try it with, made where it does not exist. */
async function demoKey(folder: string, as: AsRole): Promise<string> {
  const environment = readEnvironment('apikey', as(readRole));
  const secretKey = environment.SECRET_KEY;
  const database = createSingleConnectionPool(environment, 'stock-embedded');
  try {
    const file = path.join(folder, 'demo-api-key');
    const kept = await readSecret(file);
    if (kept && (await findApiKey(database, secretKey, kept))) return kept;
    const { key } = await createApiKey(database, secretKey, 'demo', ['read', 'write']);
    await writeSecret(file, key);
    return key;
  } finally {
    await database.end();
  }
}
