#!/usr/bin/env node
import { Command } from 'commander';
import { version } from '../../app/src/runtime/version';
import { exitCodeHelp } from './cli/answer';
import { addBackup } from './cli/backup';
import { operationsReference } from './environment';
import { exitCodes } from './failures';

const program = new Command('stockops')
  .exitOverride((error) => process.exit(error.exitCode === 0 ? exitCodes.done : exitCodes.unusable))
  .description('For those who operate the stock-analysis platform: copies of its database, and the way back.')
  .version(version)
  .showHelpAfterError('(add --help for what is allowed)')
  .addHelpText(
    'after',
    `
Environment (any variable K may be given as K_FILE, the path of a file that holds the value):
${operationsReference.map(({ key, description }) => `  ${key.padEnd(24)}${description}`).join('\n')}

Examples:
  stockops backup create                 copy the database now
  stockops backup list                   which copies there are, and how old they are
  stockops backup verify                 read them all again
${exitCodeHelp}`,
  );

for (const add of [addBackup]) add(program);

// What reads the output may have seen enough, as `head` has.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  process.exit(error.code === 'EPIPE' ? process.exitCode : exitCodes.failed);
});
process.stderr.on('error', () => undefined);

program.parseAsync();
