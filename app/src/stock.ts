#!/usr/bin/env node
import { statSync } from 'node:fs';
import { SingleBar } from 'cli-progress';
import closeWithGrace from 'close-with-grace';
import { Command, InvalidArgumentError } from 'commander';
import type { Logger } from 'pino';
import { openAnswerCache } from './answer-cache';
import { createApiKey, listApiKeys, revokeApiKey, type Scope, scopes } from './api/api-key';
import { migrate } from './database/migrations';
import { maintain } from './database/partitions';
import { createSingleConnectionPool, type Database } from './database/pool';
import { EnvironmentError, type EnvironmentOf, environmentReference, type Role, readEnvironment } from './env';
import { importFile, openInput } from './ingest/import-file';
import { CsvFormatError } from './ingest/tushare-csv';
import { createLogger } from './logging';
import { dayInShanghai } from './market/trading-day';
import { startApi } from './roles/api';
import type { RunningRole } from './roles/running-role';
import { startScheduler } from './roles/scheduler';
import { startWorker } from './roles/worker';
import { version } from './version';

const exitCodes = { failure: 1, badInput: 2, someRowsRejected: 3 };
const exitCodeHelp = `
Exit codes:
  0  done
  1  failed: the message says why
  2  the command line, the environment or the input file is not usable
  3  import only: done, but some rows were rejected`;

const stopSecondsOfApi = 25;
const stopSecondsBeyondJob = 20;

/** Runs a role until the process is told to stop, then closes it within the given time. */
async function run<E extends { LOG_LEVEL: string }>(
  role: Role,
  environment: E,
  start: (environment: E, logger: Logger) => Promise<RunningRole>,
  stopSeconds: number,
): Promise<void> {
  const logger = createLogger(`stock-analysis-${role}`, environment.LOG_LEVEL);
  const running = await start(environment, logger);
  logger.info({ urls: running.urls }, `${role} started`);
  closeWithGrace({ delay: stopSeconds * 1000, logger }, async ({ signal, err }) => {
    if (err) logger.error({ err }, `${role} stops after an error`);
    else logger.info({ signal }, `${role} stops`);
    await running.close();
    logger.info(`${role} stopped`);
  });
}

async function withDatabase<T>(
  environment: EnvironmentOf<'maintain'>,
  work: (database: Database) => Promise<T>,
): Promise<T> {
  const database = createSingleConnectionPool(environment, 'stock-cli');
  try {
    return await work(database);
  } finally {
    await database.end();
  }
}

const print = (line: string) => process.stdout.write(`${line}\n`);

function parseScopes(text: string): Scope[] {
  const names = text.split(',').map((name) => name.trim());
  const unknown = names.find((name) => !scopes.includes(name as Scope));
  if (unknown !== undefined)
    throw new InvalidArgumentError(`'${unknown}' is not a scope; allowed: ${scopes.join(', ')}`);
  return [...new Set(names)] as Scope[];
}

function parseSeconds(text: string): number {
  const seconds = Number(text);
  if (!Number.isInteger(seconds) || seconds < 0)
    throw new InvalidArgumentError('allowed: a whole number of seconds from 0');
  return seconds;
}

interface ImportOptions {
  rejects?: string;
  json?: boolean;
}

async function importCommand(file: string, options: ImportOptions): Promise<void> {
  const environment = readEnvironment('import');
  const logger = createLogger('stock-analysis-import', 'WARNING', process.stderr);
  const cache = openAnswerCache(environment, logger);
  const rejectsFile = options.rejects ?? (file === '-' ? 'stdin.rejects.csv' : `${file}.rejects.csv`);
  const bar = new SingleBar({ format: 'importing [{bar}] {percentage}% | {duration_formatted}', noTTYOutput: false });
  const isShown = process.stderr.isTTY && file !== '-';
  const started = performance.now();
  try {
    if (isShown) bar.start(statSync(file).size, 0);
    const result = await withDatabase(environment, (database) =>
      importFile(database, {
        input: openInput(file),
        rejectsFile,
        today: dayInShanghai(new Date()),
        onProgress: (bytes) => bar.update(bytes),
      }),
    );
    bar.stop();
    await cache?.invalidate(result.changedSymbols);
    const seconds = (performance.now() - started) / 1000;
    const { changedSymbols, ...summary } = result;
    if (options.json) {
      print(JSON.stringify({ ...summary, changedSymbols: changedSymbols.length, seconds: Number(seconds.toFixed(3)) }));
    } else {
      print(
        `${result.read} rows read in ${seconds.toFixed(1)} s: ${result.inserted} inserted, ${result.updated} updated, ` +
          `${result.unchanged} unchanged, ${result.rejected} rejected`,
      );
      if (result.rejectsFile) print(`rejected rows, with the reason: ${result.rejectsFile}`);
    }
    if (result.rejected > 0) process.exitCode = exitCodes.someRowsRejected;
  } finally {
    bar.stop();
    cache?.close();
  }
}

const program = new Command('stock')
  .description('The stock-analysis application: API, worker, scheduler, and the commands to operate them.')
  .version(version)
  .showHelpAfterError('(add --help for what is allowed)')
  .addHelpText(
    'after',
    `
Environment (any variable K may be given as K_FILE, the path of a file that holds the value):
${environmentReference
  .map(
    ({ key, description, roles }) => `  ${key.padEnd(28)}${description}\n${' '.repeat(30)}read by: ${roles.join(', ')}`,
  )
  .join('\n')}

Examples:
  stock migrate                          bring the database to this version's schema
  stock apikey create --name me --scopes read,write
  stock api                              serve HTTP on HTTP_PORT
  stock import daily.csv.gz              load a Tushare export
${exitCodeHelp}`,
  );

program
  .command('api')
  .description('serve the HTTP API on HTTP_PORT; metrics and health on METRICS_PORT')
  .action(() => run('api', readEnvironment('api'), startApi, stopSecondsOfApi));

program
  .command('worker')
  .description('run jobs from the queue; metrics and health on METRICS_PORT')
  .action(() => {
    const environment = readEnvironment('worker');
    return run('worker', environment, startWorker, environment.CELERY_TASK_SOFT_TIME_LIMIT + stopSecondsBeyondJob);
  });

program
  .command('scheduler')
  .description('start jobs at their times and hand over jobs the queue lost; metrics and health on METRICS_PORT')
  .action(() => run('scheduler', readEnvironment('scheduler'), startScheduler, stopSecondsOfApi));

program
  .command('migrate')
  .description('bring the database, and a job queue on PostgreSQL, to the schema of this version')
  .option('--wait <seconds>', 'how long to wait for a database that does not answer yet', parseSeconds, 60)
  .addHelpText('after', '\nSafe to run at any time and from several places at once: each migration runs once.')
  .action(async ({ wait }: { wait: number }) => {
    await migrate(readEnvironment('migrate'), wait, print);
  });

program
  .command('import')
  .description("load a CSV file of Tushare's `daily` interface into stock_data")
  .argument('<file>', 'gzip or plain; - reads standard input')
  .option('--rejects <path>', 'where rejected rows go (default: FILE.rejects.csv)')
  .option('--json', 'print the summary as JSON')
  .addHelpText(
    'after',
    `
The first line names the columns: ts_code, trade_date (YYYYMMDD), open, high, low, close, pre_close, change, pct_chg,
vol (lots of 100 shares), amount (thousand yuan). All good rows are stored in one transaction; each bad row goes to the
rejects file with its line number and the reason. Importing the same file again writes nothing.

Examples:
  stock import daily.csv.gz
  zcat daily.csv.gz | stock import - --rejects bad.csv --json
${exitCodeHelp}`,
  )
  .action(importCommand);

const apikey = program.command('apikey').description('make, list and revoke API keys');
apikey
  .command('create')
  .description('make a key and print it, this once')
  .requiredOption('--name <name>', 'what the key is for')
  .requiredOption('--scopes <scopes>', `comma-separated, of ${scopes.join(', ')}`, parseScopes)
  .action(async ({ name, scopes: granted }: { name: string; scopes: Scope[] }) => {
    const environment = readEnvironment('apikey');
    const { key } = await withDatabase(environment, (database) =>
      createApiKey(database, environment.SECRET_KEY, name, granted),
    );
    print(key);
  });
apikey
  .command('list')
  .description('list the keys: prefix, scopes, state, name')
  .action(async () => {
    for (const key of await withDatabase(readEnvironment('maintain'), listApiKeys)) {
      const state = key.revoked_at ? `revoked ${key.revoked_at.toISOString()}` : 'valid';
      print([key.prefix, key.scopes.join(','), state, key.name].join('\t'));
    }
  });
apikey
  .command('revoke')
  .description('make a key invalid at once')
  .argument('<prefix>', 'the 12 characters after sk_, as `stock apikey list` shows them')
  .action(async (prefix: string) => {
    const revoked = await withDatabase(readEnvironment('maintain'), (database) => revokeApiKey(database, prefix));
    if (!revoked) throw new InvalidArgumentError(`no valid key has the prefix '${prefix}'; see \`stock apikey list\``);
    print(`revoked ${revoked.prefix} (${revoked.name})`);
  });

const db = program.command('db').description('look after the database');
db.command('maintain')
  .description(
    "make this and next year's partition where missing, and refresh the planner's statistics; for every night",
  )
  .action(async () => {
    const year = Number(dayInShanghai(new Date()).slice(0, 4));
    const added = await withDatabase(readEnvironment('maintain'), (database) => maintain(database, year));
    print(added.length > 0 ? `added ${added.join(', ')}` : 'partitions are complete');
    print('statistics are fresh');
  });

program
  .command('healthcheck')
  .description('ask the role in this container whether it is live or ready: exit code 0 or 1')
  .argument('[kind]', 'live: it answers; ready: what it needs works too', 'ready')
  .addHelpText('after', '\nAsks http://127.0.0.1:METRICS_PORT, where every role answers.')
  .action(async (kind: string) => {
    if (kind !== 'live' && kind !== 'ready')
      throw new InvalidArgumentError(`'${kind}' is unknown; allowed: live, ready`);
    const { METRICS_PORT } = readEnvironment('healthcheck');
    const answer = await fetch(`http://127.0.0.1:${METRICS_PORT}/health/${kind}`, {
      signal: AbortSignal.timeout(3_000),
    });
    print(await answer.text());
    if (!answer.ok) process.exitCode = exitCodes.failure;
  });

/** An error whose message is all that a person at the command line needs. */
const isUsageError = (error: unknown): boolean =>
  error instanceof EnvironmentError || error instanceof CsvFormatError || error instanceof InvalidArgumentError;

program.exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : exitCodes.badInput));
program.parseAsync().catch((error: Error & { code?: string; cause?: Error }) => {
  const reason = error.cause ? `${error.message}: ${error.cause.message}` : error.message || error.code;
  process.stderr.write(`stock: ${reason}\n`);
  process.exitCode = isUsageError(error) || error.code === 'ENOENT' ? exitCodes.badInput : exitCodes.failure;
});
