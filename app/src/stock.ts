#!/usr/bin/env node
import { Command, InvalidArgumentError } from 'commander';
import { type Scope, scopes } from './api/api-key';
import { UsageError } from './commands/usage-error';
import { EnvironmentError, environmentReference, readEnvironment } from './env';
import { version } from './version';

// A health check starts this program every few seconds, so each command loads what it needs itself.

const exitCodes = { failure: 1, badInput: 2, someRowsRejected: 3 };
const exitCodeHelp = `
Exit codes:
  0  done
  1  failed: the message says why
  2  the command line, the environment or the input file is not usable
  3  import only: done, but some rows were rejected`;

const stopSeconds = 25;
const stopSecondsBeyondJob = 20;

const print = (line: string) => process.stdout.write(`${line}\n`);

function parseScopes(text: string): Scope[] {
  const names = text.split(',').map((name) => name.trim());
  const unknown = names.find((name) => !scopes.includes(name as Scope));
  if (unknown === undefined) return [...new Set(names)] as Scope[];
  throw new InvalidArgumentError(`'${unknown}' is not a scope; allowed: ${scopes.join(', ')}`);
}

function parseSeconds(text: string): number {
  const seconds = Number(text);
  if (Number.isInteger(seconds) && seconds >= 0) return seconds;
  throw new InvalidArgumentError('allowed: a whole number of seconds from 0');
}

const program = new Command('stock')
  .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : exitCodes.badInput))
  .description('The stock-analysis application: API, worker, scheduler, and the commands to operate them.')
  .version(version)
  .showHelpAfterError('(add --help for what is allowed)')
  .addHelpText(
    'after',
    `
Environment (any variable K may be given as K_FILE, the path of a file that holds the value):
${environmentReference
  .map(
    ({ key, description, roles }) => `  ${key.padEnd(29)}${description}\n${' '.repeat(31)}read by: ${roles.join(', ')}`,
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
  .action(async () => {
    const environment = readEnvironment('api');
    const { runRole } = await import('./commands/run-role.js');
    const { startApi } = await import('./roles/api.js');
    await runRole('api', environment, startApi, stopSeconds);
  });

program
  .command('worker')
  .description('run jobs from the queue; metrics and health on METRICS_PORT')
  .addHelpText(
    'after',
    '\nTold to stop, it finishes its jobs first: give it CELERY_TASK_SOFT_TIME_LIMIT and 30 s more.',
  )
  .action(async () => {
    const environment = readEnvironment('worker');
    const { runRole } = await import('./commands/run-role.js');
    const { startWorker } = await import('./roles/worker.js');
    await runRole('worker', environment, startWorker, environment.CELERY_TASK_SOFT_TIME_LIMIT + stopSecondsBeyondJob);
  });

program
  .command('scheduler')
  .description('start jobs at their times and hand over jobs the queue lost; metrics and health on METRICS_PORT')
  .action(async () => {
    const environment = readEnvironment('scheduler');
    const { runRole } = await import('./commands/run-role.js');
    const { startScheduler } = await import('./roles/scheduler.js');
    await runRole('scheduler', environment, startScheduler, stopSeconds);
  });

program
  .command('migrate')
  .description('bring the database, and a job queue on PostgreSQL, to the schema of this version')
  .option('--wait <seconds>', 'how long to wait for a database that does not answer yet', parseSeconds, 60)
  .addHelpText('after', '\nSafe to run at any time and from several places at once: each migration runs once.')
  .action(async ({ wait }: { wait: number }) => {
    const environment = readEnvironment('migrate');
    const { migrate } = await import('./database/migrations.js');
    await migrate(environment, wait, print);
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
  .action(async (file: string, options: { rejects?: string; json?: boolean }) => {
    const { importCommand } = await import('./commands/import.js');
    const { changedSymbols, seconds, ...rows } = await importCommand(file, options.rejects);
    if (options.json) {
      print(JSON.stringify({ ...rows, changedSymbols: changedSymbols.length, seconds: Number(seconds.toFixed(3)) }));
    } else {
      const { read, inserted, updated, unchanged, rejected, rejectsFile } = rows;
      print(
        `${read} rows read in ${seconds.toFixed(1)} s: ${inserted} inserted, ${updated} updated, ${unchanged} unchanged, ${rejected} rejected`,
      );
      if (rejectsFile) print(`rejected rows, with the reason: ${rejectsFile}`);
    }
    if (rows.rejected > 0) process.exitCode = exitCodes.someRowsRejected;
  });

const apikey = program.command('apikey').description('make, list and revoke API keys');
apikey
  .command('create')
  .description('make a key and print it, this once')
  .requiredOption('--name <name>', 'what the key is for')
  .requiredOption('--scopes <scopes>', `comma-separated, of ${scopes.join(', ')}`, parseScopes)
  .action(async (options: { name: string; scopes: Scope[] }) => {
    const { createKey } = await import('./commands/apikey.js');
    print(await createKey(options.name, options.scopes));
  });
apikey
  .command('list')
  .description('list the keys: prefix, scopes, state, name')
  .action(async () => {
    const { listKeys } = await import('./commands/apikey.js');
    for (const line of await listKeys()) print(line);
  });
apikey
  .command('revoke')
  .description('make a key invalid at once')
  .argument('<prefix>', 'the 12 characters after sk_, as `stock apikey list` shows them')
  .action(async (prefix: string) => {
    const { revokeKey } = await import('./commands/apikey.js');
    print(await revokeKey(prefix));
  });

program
  .command('db')
  .description('look after the database')
  .command('maintain')
  .description("make this and next year's partition where missing, refresh the planner's statistics; for every night")
  .action(async () => {
    const { maintainDatabase } = await import('./commands/maintain.js');
    for (const line of await maintainDatabase()) print(line);
  });

program
  .command('healthcheck')
  .description('ask the role in this container whether it is live or ready: exit code 0 or 1')
  .argument('[kind]', 'live: it answers; ready: what it needs works too', 'ready')
  .addHelpText('after', '\nAsks http://127.0.0.1:METRICS_PORT, where every role answers.')
  .action(async (kind: string) => {
    if (kind !== 'live' && kind !== 'ready') throw new UsageError(`'${kind}' is unknown; allowed: live, ready`);
    const { checkHealth } = await import('./commands/healthcheck.js');
    const { isHealthy, answer } = await checkHealth(kind);
    print(answer);
    if (!isHealthy) process.exitCode = exitCodes.failure;
  });

program.parseAsync().catch((error: Error & { code?: string; cause?: Error }) => {
  const reason = error.cause ? `${error.message}: ${error.cause.message}` : error.message || error.code;
  process.stderr.write(`stock: ${reason}\n`);
  const isBadInput = error instanceof EnvironmentError || error instanceof UsageError;
  process.exitCode = isBadInput ? exitCodes.badInput : exitCodes.failure;
});
