import { Command, type CommanderError } from 'commander';
import { printJson } from '../../app/src/cli/terminal';
import { version } from '../../app/src/runtime/version';
import { exitCodeHelp } from './cli/answer';
import { addBackup } from './cli/backup';
import { addChecklist } from './cli/checklist';
import { addDeploy } from './cli/deploy';
import { addDoctor } from './cli/doctor';
import { addDrill } from './cli/drill';
import { addExamples } from './cli/examples';
import { addFreeze } from './cli/freeze';
import { addHealth } from './cli/health';
import { addHealthcheck } from './cli/healthcheck';
import { addHistory } from './cli/history';
import { addHost } from './cli/host';
import { addLogs } from './cli/logs';
import { addMaintain } from './cli/maintain';
import { addPreview } from './cli/preview';
import { addPromote } from './cli/promote';
import { addRecover } from './cli/recover';
import { addRestore } from './cli/restore';
import { addRotate } from './cli/rotate';
import { addSecrets } from './cli/secrets';
import { addStatus } from './cli/status';
import { addUpAndDown } from './cli/up-and-down';
import { addUpgrade } from './cli/upgrade';
import { addWatch } from './cli/watch';
import { operationsReference } from './environment';
import { exitCodes } from './failures';

/** Where nothing is done: help was asked for, or the command line is not usable, which commander has said. */
function endWithoutWork({ exitCode, message }: CommanderError): never {
  if (exitCode === 0) return process.exit(exitCodes.done);
  const words = process.argv.slice(2);
  const error = message.replace(/^error: /, '');
  if (isJsonWanted(words)) {
    printJson({ schemaVersion: 1, command: commandIn(words), ok: false, error, exitCode: exitCodes.unusable });
  }
  return process.exit(exitCodes.unusable);
}

export const isJsonWanted = (words: readonly string[]): boolean => words.includes('--json');

/** The names of the command that words begin with, such as `backup list`. */
export function commandIn(words: readonly string[], from: Command = program): string {
  const [word, ...others] = words;
  const below = from.commands.find((each) => each.name() === word);
  return below ? [below.name(), commandIn(others, below)].filter(Boolean).join(' ') : '';
}

/** Every command, with its help. */
export const program = new Command('stockops')
  // An option after the name of a command is that command's.
  .enablePositionalOptions()
  .exitOverride(endWithoutWork)
  .description(
    'For those who operate the stock-analysis platform: how it is, copies of its database, and the way back.',
  )
  .version(version)
  .showHelpAfterError('(add --help for what is allowed)')
  .addHelpText(
    'after',
    `
Environment (any variable K may be given as K_FILE, the path of a file that holds the value):
${operationsReference.map(({ key, description }) => `  ${key.padEnd(24)}${description}`).join('\n')}

Examples:
  stockops doctor dev                    look at everything, and say what to do
  stockops status dev                    what of it runs; health dev: whether it does its work
  stockops logs dev api --since 15m      what a component logged
  stockops checklist dev                 the checklist after a fault
  stockops backup create                 copy the database now
  stockops backup list                   which copies there are, and how old they are
  stockops backup verify                 read them all again
  stockops drill                         see whether the newest copy can be restored
  stockops restore                       put the newest copy in the place of the live database
  stockops upgrade --check               whether the database can go to the next version of PostgreSQL
  stockops maintain                      upkeep of the database: indexes, statistics, partitions, sizes
  stockops rotate postgres.app dev       another password, while the old one is used
  stockops host check                    look at the machine: kernel, firewall, certificates, logins, patches
  stockops deploy production             deploy what this checkout describes, and watch it
  stockops rollback production           go back to the last good release
  stockops history production            what was deployed, by whom, and how it went
  stockops preview up pr-7               an environment for a while, for a pull request
  stockops recover dev --from FOLDER     bring back a whole environment, in an empty cluster or engine
${exitCodeHelp}`,
  );

for (const add of [
  addDoctor,
  addStatus,
  addHealth,
  addWatch,
  addLogs,
  addUpAndDown,
  addChecklist,
  addBackup,
  addRestore,
  addRecover,
  addDeploy,
  addPromote,
  addPreview,
  addFreeze,
  addHistory,
  addDrill,
  addUpgrade,
  addSecrets,
  addHealthcheck,
  addMaintain,
  addRotate,
  addHost,
])
  add(program);
addExamples(program);

/** Runs the command line of this process. */
export const stockops = async (): Promise<void> => {
  await program.parseAsync();
};
