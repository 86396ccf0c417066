import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import closeWithGrace from 'close-with-grace';
import { Command, InvalidArgumentError } from 'commander';
import pino from 'pino';
import { createApiKey, findApiKey } from './api/api-key';
import { maintain } from './database/maintenance';
import { migrate } from './database/migrations';
import { createSingleConnectionPool } from './database/pool';
import { EmbeddedPostgres, EmbeddedPostgresError } from './embedded-postgres';
import { readEnvironment } from './env';
import { hasDays } from './jobs/job-request';
import { createLogger } from './logging';
import { type Dataset, datasets } from './market/dataset';
import { dayInShanghai } from './market/trading-day';
import { startApi } from './roles/api';
import { startScheduler } from './roles/scheduler';
import { startWorker } from './roles/worker';

const repository = path.join(__dirname, '..', '..');
const databaseName = 'stockdb';
const firstSampleDay = '2024-01-02';
const exampleSymbol = '604981.SH';
const stopTimeoutSeconds = 30;

interface Options {
  port: number;
  metricsPort: number;
  databasePort?: number;
  folder: string;
}

const print = (line: string) => process.stdout.write(`${line}\n`);

async function requireFreePort(port: number, option: string): Promise<void> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      reject(
        new EmbeddedPostgresError(
          `port ${port} cannot be used (${error.code}); stop what uses it, or choose another with ${option} PORT`,
        ),
      );
    });
    server.listen(port, '127.0.0.1', resolve);
  });
  await new Promise((resolve) => server.close(resolve));
}

const isRunning = (processId: number): boolean => {
  try {
    process.kill(processId, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
};

/** Claims the folder for this process, so that a second start does not stop the database of the first. */
async function claimFolder(folder: string): Promise<() => Promise<void>> {
  await mkdir(path.dirname(folder), { recursive: true });
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const file = path.join(folder, 'process-id');
  const other = Number(await readFile(file, 'utf8').catch(() => ''));
  if (other && other !== process.pid && isRunning(other)) {
    throw new EmbeddedPostgresError(
      `process ${other} already runs in ${folder}; stop it, or choose another folder with --folder PATH (if ${other} is something else, remove ${file})`,
    );
  }
  await writeFile(file, String(process.pid));
  return () => rm(file, { force: true });
}

/** The content of a file only the owner may read, made by the given function the first time. */
async function keptSecret(file: string, make: () => string): Promise<string> {
  if (!existsSync(file)) await writeFile(file, make(), { mode: 0o600 });
  return readFile(file, 'utf8');
}

/** The whole application in one process, each started thing with the way to stop it. */
class Embedded {
  readonly #closers: (() => Promise<void>)[] = [];
  readonly #options: Options;
  #stopping = false;

  constructor(options: Options) {
    this.#options = options;
  }

  /** Does one thing and tells how long it took; once told to stop, does nothing more. */
  async #step<T>(text: string, work: () => Promise<T>): Promise<T> {
    if (this.#stopping) throw new EmbeddedPostgresError('stopped before it was ready');
    process.stdout.write(`  ${text} `);
    const started = performance.now();
    const result = await work();
    print(`(${((performance.now() - started) / 1000).toFixed(1)} s)`);
    return result;
  }

  async start(): Promise<void> {
    const { port, metricsPort, databasePort, folder } = this.#options;
    const started = performance.now();
    print('Stock analysis, embedded');
    for (const [option, needed] of [
      ['--port', [port]],
      ['--metrics-port', [metricsPort, metricsPort + 1, metricsPort + 2]],
      ['--database-port', databasePort === undefined ? [] : [databasePort]],
    ] as const) {
      for (const number of needed) await requireFreePort(number, option);
    }
    this.#closers.push(await claimFolder(folder));

    const isNew = !existsSync(path.join(folder, 'data'));
    const postgres = await this.#step(isNew ? 'making and starting PostgreSQL' : 'starting PostgreSQL', async () => {
      const server = await EmbeddedPostgres.start({ folder, port: databasePort });
      this.#closers.push(() => server.stop());
      await server.ensureDatabase(databaseName);
      return server;
    });
    const url = postgres.url(databaseName);
    const shared = {
      DATABASE_URL: url,
      DATABASE_PASSWORD: postgres.password,
      QUEUE_URL: url,
      QUEUE_PASSWORD: postgres.password,
      SECRET_KEY: await keptSecret(path.join(folder, 'secret-key'), () => randomBytes(32).toString('base64url')),
      SOURCE_PRIORITY: 'sample',
      HTTP_HOST: '127.0.0.1',
      HTTP_PORT: String(port),
    };
    const apiKey = await this.#step('bringing the database up to date', async () => {
      await migrate(readEnvironment('migrate', shared), 10, () => undefined);
      const upkeep = readEnvironment('maintain', shared);
      const database = createSingleConnectionPool(upkeep, 'stock-embedded');
      try {
        await maintain(database, Number(dayInShanghai(new Date()).slice(0, 4)), upkeep.CELERY_RESULT_EXPIRES);
        const file = path.join(folder, 'demo-api-key');
        const kept = await readFile(file, 'utf8').catch(() => '');
        if (await findApiKey(database, shared.SECRET_KEY, kept)) return kept;
        const { key } = await createApiKey(database, shared.SECRET_KEY, 'demo', ['read', 'write']);
        await writeFile(file, key, { mode: 0o600 });
        return key;
      } finally {
        await database.end();
      }
    });

    const logFile = path.join(folder, 'stock-analysis.log');
    const destination = pino.destination({ dest: logFile, sync: true });
    const logger = (role: string) => createLogger(`stock-analysis-${role}`, 'INFO', destination);
    const api = await this.#step('starting API, worker and scheduler', async () => {
      const on = (offset: number) => ({ ...shared, METRICS_PORT: String(metricsPort + offset) });
      const scheduler = await startScheduler(readEnvironment('scheduler', on(2)), logger('scheduler'));
      this.#closers.push(scheduler.close);
      const worker = await startWorker(readEnvironment('worker', on(1)), logger('worker'));
      this.#closers.push(worker.close);
      const running = await startApi(readEnvironment('api', on(0)), logger('api'));
      this.#closers.push(running.close);
      return running;
    });
    await this.#step('loading sample data', () => loadSample(`${api.urls.api}`, apiKey, () => this.#stopping));

    print(`
Ready in ${((performance.now() - started) / 1000).toFixed(1)} s, on synthetic sample data.

  Page      ${api.urls.api}/#key=${apiKey}
  API       ${api.urls.api}
  Docs      ${api.urls.docs}
  Metrics   ${api.urls.metrics}   (worker: port ${metricsPort + 1}, scheduler: port ${metricsPort + 2})
  Database  ${url}   (password in ${path.relative(process.cwd(), path.join(folder, 'database-password'))})
  Log       ${path.relative(process.cwd(), logFile)}

Try it:

  curl -H 'X-API-Key: ${apiKey}' '${api.urls.api}/api/v1/stocks/${exampleSymbol}/daily?start=2024-01-02&limit=5'

Ctrl-C stops everything and keeps the data.`);
  }

  /** Stops what was started, the last first. */
  async stop(): Promise<void> {
    this.#stopping = true;
    for (const close of this.#closers.reverse()) await close();
  }

  /** No further step begins. */
  cancel(): void {
    this.#stopping = true;
  }
}

/**
 * Loads what is missing of the sample through the API, as any client would, and waits until the worker has done it. What
 * an earlier start has loaded is asked for again from its last day on.
 */
async function loadSample(apiUrl: string, apiKey: string, isStopping: () => boolean): Promise<void> {
  const headers = { 'x-api-key': apiKey, 'content-type': 'application/json' };
  const answer = await fetch(`${apiUrl}/api/v1/datasets`, { headers });
  const { data } = (await answer.json()) as { data: { dataset: Dataset; latest_day: string | null }[] };
  const latestDays = new Map(data.map(({ dataset, latest_day }) => [dataset, latest_day]));
  const end = dayInShanghai(new Date());
  for (const dataset of datasets) {
    const start = latestDays.get(dataset) ?? firstSampleDay;
    const days = hasDays(dataset) ? { start: start < end ? start : end, end } : {};
    await load(apiUrl, headers, { dataset, ...days }, isStopping);
  }
}

async function load(
  apiUrl: string,
  headers: Record<string, string>,
  wanted: { dataset: Dataset },
  isStopping: () => boolean,
): Promise<void> {
  const request = { type: 'ingest', source: 'auto', ...wanted };
  const accepted = await fetch(`${apiUrl}/api/v1/jobs`, { method: 'POST', headers, body: JSON.stringify(request) });
  if (accepted.status !== 202) throw new Error(`the sample job was not accepted: ${await accepted.text()}`);
  const location = accepted.headers.get('location');
  while (!isStopping()) {
    const answer = await fetch(`${apiUrl}${location}`, { headers });
    const { data } = (await answer.json()) as { data: { state: string; error: string | null } };
    if (data.state === 'completed') return;
    if (data.state === 'failed') throw new Error(`the sample job for ${wanted.dataset} failed: ${data.error}`);
    await sleep(100);
  }
}

function parsePort(text: string): number {
  const port = Number(text);
  if (!Number.isInteger(port) || port < 1 || port > 65535) throw new InvalidArgumentError('allowed: 1 to 65535');
  return port;
}

const options = new Command('npm start --')
  .description('Runs the whole application on this machine, with its own PostgreSQL and synthetic sample data.')
  .option('--port <port>', 'port of the API', parsePort, 8000)
  .option(
    '--metrics-port <port>',
    "port of the API's metrics; worker and scheduler use the two after it",
    parsePort,
    8001,
  )
  .option('--database-port <port>', 'port of PostgreSQL (default: a free one)', parsePort)
  .option('--folder <path>', 'where data, secrets and logs are kept', path.join(repository, '.local', 'embedded'))
  .addHelpText(
    'after',
    '\nThe data is kept from one start to the next; remove the folder to begin anew.\n\nExample:\n  npm start -- --port 8100 --metrics-port 8101',
  )
  .parse()
  .opts<Options>();

const embedded = new Embedded({ ...options, folder: path.resolve(options.folder) });
const starting = embedded.start();
const handlers = closeWithGrace({ delay: stopTimeoutSeconds * 1000, logger: false }, async ({ signal, err }) => {
  if (signal) print('\nstopping');
  if (err) process.stderr.write(`\n${err.stack}\n`);
  embedded.cancel();
  await starting.catch(() => undefined);
  await embedded.stop();
});
starting.catch((error: Error) => {
  const text = error instanceof EmbeddedPostgresError ? error.message : error.stack;
  process.stderr.write(`\n${text}\n`);
  process.exitCode = 1;
  handlers.uninstall();
  embedded.stop().catch((stopError) => process.stderr.write(`${stopError.stack}\n`));
});
