#!/usr/bin/env node
import { Command } from 'commander';
import { addApiKeys } from './cli/apikey';
import { addData } from './cli/data';
import { addDatabase } from './cli/database';
import { addDeadLetters } from './cli/dlq';
import { addDoctor } from './cli/doctor';
import { addHealthcheck } from './cli/healthcheck';
import { addImport } from './cli/import';
import { addJobs } from './cli/jobs';
import { addRoles, stayingRoles } from './cli/roles';
import { exitCodeHelp, exitCodes } from './cli/terminal';
import { EnvironmentError, environmentReference } from './runtime/env';
import { tlsAdvice } from './runtime/tls';
import { UsageError } from './runtime/usage-error';
import { version } from './runtime/version';

// A health check starts this program every few seconds, so each command loads what it needs when it runs.

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
  stock sync                             bring every dataset up to date
  stock backfill --from 2015-01-01       load history and follow it
  stock import daily.csv.gz              load a Tushare export
  stock export --symbol 600000.SH --adjust qfq --output prices.csv
  stock doctor                           see whether all is well, and what to do
  stock jobs submit ingest --start 2024-01-02 --end 2024-01-31
  stock dlq list                         jobs that failed for good
${exitCodeHelp}`,
  );

const insufficientPrivilege = '42501';
const rolesThatMay =
  'DATABASE_URL names a role that may not do this: API keys need stock_read, migrate and db need stock_owner';

const groups = [
  addRoles,
  addDatabase,
  addImport,
  addData,
  addApiKeys,
  addJobs,
  addDeadLetters,
  addDoctor,
  addHealthcheck,
];
for (const add of groups) add(program);

/** A command that is done does not wait for what still tries to connect. */
const leaveSoon = () => setTimeout(() => process.exit(), 500).unref();
program.hook('postAction', (_, command) => {
  if (!stayingRoles.includes(command.name())) leaveSoon();
});

// What reads the output may have seen enough, as `head` has.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') process.stderr.write(`stock: cannot write the output: ${error.message}\n`);
  process.exit(error.code === 'EPIPE' ? process.exitCode : exitCodes.failure);
});
process.stderr.on('error', () => undefined);

program.parseAsync().catch((error: Error & { code?: string; cause?: Error }) => {
  const reason = error.cause ? `${error.message}: ${error.cause.message}` : error.message || error.code;
  const advice = error.code === insufficientPrivilege ? rolesThatMay : tlsAdvice(error, 'DATABASE');
  process.stderr.write(`stock: ${[reason, advice].filter(Boolean).join('; ')}\n`);
  const isBadInput = error instanceof EnvironmentError || error instanceof UsageError;
  process.exitCode = isBadInput ? exitCodes.badInput : exitCodes.failure;
  leaveSoon();
});
