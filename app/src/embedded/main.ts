import path from 'node:path';
import { getSystemErrorMap } from 'node:util';
import { Command, InvalidArgumentError, Option } from 'commander';
import { EnvironmentError } from '../runtime/env';
import { EmbeddedError } from './embedded-error';
import { defaultFolder } from './environment-file';
import { type EmbeddedOptions, EmbeddedProduct } from './product';

const parentCheckSeconds = 1;
/** Whatever hangs, this process is gone by then; what it leaves is stopped by PostgreSQL's guard. */
const longestStopSeconds = 9;

interface Options extends EmbeddedOptions {
  withParent?: boolean;
}

function parsePort(text: string): number {
  const port = Number(text);
  if (!Number.isInteger(port) || port < 1 || port > 65535) throw new InvalidArgumentError('allowed: 1 to 65535');
  return port;
}

function parseMetricsPort(text: string): number {
  const port = parsePort(text);
  if (port > 65533) throw new InvalidArgumentError('allowed: 1 to 65533, the two after it are used too');
  return port;
}

function readOptions(): Options {
  return new Command('npm start --')
    .description('Runs the whole application on this machine, with its own PostgreSQL and synthetic sample data.')
    .option('--port <port>', 'port of the API', parsePort, 8000)
    .option(
      '--metrics-port <port>',
      "port of the API's metrics; worker and scheduler use the two after it",
      parseMetricsPort,
      8001,
    )
    .option('--database-port <port>', 'port of PostgreSQL (default: that of the last start, or a free one)', parsePort)
    .addOption(
      new Option('--folder <path>', 'where data, secrets and logs are kept').env('STOCK_FOLDER').default(defaultFolder),
    )
    .option('--no-sample', 'start without the synthetic sample data')
    .addOption(new Option('--with-parent', 'ends when what started it is gone').hideHelp())
    .addHelpText(
      'after',
      `
The data is kept from one start to the next; remove the folder to begin anew. Ctrl-C stops everything.

Sources of market data are taken from the environment: SOURCE_PRIORITY, SOURCE_TIMEOUT, TUSHARE_API_KEY,
TUSHARE_HTTP_URL, TUSHARE_CALLS_PER_MINUTE, AKTOOLS_URL, AKSHARE_API_KEY, WIND_URL, WIND_API_KEY. Where one is set, the
sample is loaded only if SOURCE_PRIORITY names it.

Beside it, \`npm run stock -- COMMAND\` works on its data; with another folder, set STOCK_FOLDER for both.

Examples:
  npm start -- --port 8100 --metrics-port 8101
  TUSHARE_API_KEY=... npm start -- --folder ~/stock-data`,
    )
    .parse()
    .opts<Options>();
}

/** What to do where a file cannot be written. */
const whereFailed = new Map([
  ['EROFS', 'make it writable'],
  // What Node makes of a folder that cannot be made where nothing may be written.
  ['ENOENT', 'make the folders above it writable'],
  ['EACCES', 'make it writable for you'],
  ['EPERM', 'make it writable for you'],
  ['ENOSPC', 'make room'],
  ['EDQUOT', 'make room'],
  ['ENOTDIR', 'remove the file that is in the way'],
  ['EEXIST', 'remove the file that is in the way'],
]);

/** What to tell a person about why it does not run. */
function explain(error: Error, folder: string): string {
  if (error instanceof EmbeddedError || error instanceof EnvironmentError) return error.message;
  const { code = '', errno = 0, path: file = folder, syscall = '' } = error as NodeJS.ErrnoException;
  const advice = syscall.startsWith('spawn') ? undefined : whereFailed.get(code);
  if (!advice) return error.stack ?? error.message;
  const reason = getSystemErrorMap().get(errno)?.[1] ?? code;
  return `cannot write ${file}: ${reason}; ${advice}, or choose another folder than ${folder} with --folder PATH`;
}

const parent = process.ppid;
const { withParent, ...given } = readOptions();
const options = { ...given, folder: path.resolve(given.folder) };
const product = new EmbeddedProduct(options);

let isStopping = false;

/** Stops everything in order and ends this process. Further signals change nothing: npm sends each one again. */
async function stop(exitCode: number, text: string): Promise<void> {
  if (isStopping) return;
  isStopping = true;
  process.stderr.write(`\n${text}\n`);
  setTimeout(() => process.exit(exitCode), longestStopSeconds * 1000).unref();
  await product.stop().catch((error) => process.stderr.write(`${error.stack}\n`));
  process.exit(exitCode);
}

// The terminal may be gone, or the program that read what is printed.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stop(0, 'stopping'));
const fail = (error: Error) => stop(1, explain(error, options.folder));
process.on('uncaughtException', fail);
process.on('unhandledRejection', fail);
if (withParent) {
  setInterval(() => {
    if (process.ppid !== parent) stop(0, 'stopping: what started it is gone');
  }, parentCheckSeconds * 1000).unref();
}

product.lost.then(fail);
product.start().catch(fail);
