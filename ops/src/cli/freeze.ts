import type { Command } from 'commander';
import { type AnswerOptions, answer, exitCodeHelp } from './answer';
import { parseToldText } from './told-text';

interface FreezeOptions extends AnswerOptions {
  reason: string;
}

/** Adds `stockops freeze` and `stockops unfreeze`. */
export function addFreeze(program: Command): void {
  program
    .command('freeze')
    .description('let nobody deploy to an environment for a while; going back stays possible')
    .argument('<environment>', 'as config/environments names it')
    .requiredOption('--reason <text>', 'what all others are told', parseToldText)
    .option('--json', 'print JSON')
    .addHelpText('after', exitCodeHelp)
    .action((environment: string, options: FreezeOptions) =>
      answer('freeze', options, async (progress) => {
        const { openEnvironment } = await import('../deploy/open-environment.js');
        const { freezeFor, frozenText } = await import('../ledger/freeze.js');
        const { place } = await openEnvironment(environment, progress);
        const freeze = await freezeFor(place.shelf, options.reason);
        return { json: { environment, freeze }, lines: [`${environment} is ${frozenText(freeze)}`] };
      }),
    );

  program
    .command('unfreeze')
    .description('let an environment be deployed to again')
    .argument('<environment>', 'as config/environments names it')
    .option('--json', 'print JSON')
    .addHelpText('after', exitCodeHelp)
    .action((environment: string, options: AnswerOptions) =>
      answer('unfreeze', options, async (progress) => {
        const { openEnvironment } = await import('../deploy/open-environment.js');
        const { frozenText, unfreeze } = await import('../ledger/freeze.js');
        const { place } = await openEnvironment(environment, progress);
        const lifted = await unfreeze(place.shelf);
        const was = lifted ? `was ${frozenText(lifted)}` : 'was not frozen';
        return { json: { environment, lifted }, lines: [`${environment} ${was}; it can be deployed to`] };
      }),
    );
}
