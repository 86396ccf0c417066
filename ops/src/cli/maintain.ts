import { type Command, InvalidArgumentError, Option } from 'commander';
import { readOperationsEnvironment } from '../environment';
import { embedded } from '../place/synthesized';
import { answer, exitCodeHelp } from './answer';
import { withPreview } from './looked-at';
import { maintainDatabase } from './maintain-database';
import { maintainEnvironment } from './maintain-environment';
import { type MaintainCommandOptions, parts } from './maintain-options';

/** Adds `stockops maintain`. */
export function addMaintain(program: Command): void {
  withPreview(program.command('maintain'))
    .description(
      'upkeep of the database while it is used; of an environment also logs, their indices, and what this program left',
    )
    .argument(
      '[environment]',
      'as config/environments names it, from a checkout (default: the database of this process)',
    )
    .option('--monthly', 'all that is done once a month: every index anew, every table vacuumed')
    .option('--dry-run', 'say what would be done, and do nothing')
    .option('--limit-hours <hours>', 'begin nothing more after so long', parseHours, 4)
    .option('--vacuum-full <table>', 'write one table anew, for which nobody reads or writes it meanwhile')
    .addOption(
      new Option('--delete-index <index>', 'delete one index of the logs of an environment, with its lines').conflicts([
        'vacuumFull',
        'only',
      ]),
    )
    .option(
      '--confirm <name>',
      'the table of --vacuum-full or the index of --delete-index, where nobody is there to type it',
    )
    .addOption(new Option('--only <part>', 'look after this alone').choices(parts))
    .option('--clean-up', 'take away what this program left and nobody needs')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `
Nothing but --vacuum-full keeps anybody from reading or writing. It is refused while a migration, a copy or \`stock db index\` is under way.
The workload backup does it by itself: docs/maintenance.md.

Examples:
  npm run stockops -- maintain                        the database of npm start
  npm run stockops -- maintain production --dry-run
  npm run stockops -- maintain production --only indices
  stockops maintain --monthly                         in the workload backup
${exitCodeHelp}`,
    )
    .action((environment: string | undefined, options: MaintainCommandOptions) =>
      answer('maintain', options, (progress, signal) => {
        if (environment !== undefined && environment !== embedded) {
          return maintainEnvironment(environment, options, progress, signal);
        }
        return maintainDatabase(readOperationsEnvironment('maintain'), options, progress, signal);
      }),
    );
}

function parseHours(text: string): number {
  const hours = Number(text);
  if (hours > 0 && hours <= 24) return hours;
  throw new InvalidArgumentError('allowed: more than 0, up to 24');
}
