import type { Command } from 'commander';
import { alignedTable } from '../../../app/src/cli/table';
import { readOperationsEnvironment } from '../environment';
import { type AnswerOptions, answer, exitCodeHelp } from './answer';

/** Adds `stockops secrets`. */
export function addSecrets(program: Command): void {
  program
    .command('secrets')
    .description('what has to be kept apart from the copies, with the fingerprints by which it is known again')
    .option('--json', 'print JSON')
    .addHelpText('afterAll', exitCodeHelp)
    .addHelpText(
      'after',
      `
Copies contain the fingerprints, never the keys; a restore where another key is given is refused. Passwords of the database
and of Redis are not needed: they are made anew.`,
    )
    .action((options: AnswerOptions) =>
      answer('secrets', options, async () => {
        const { keptApart } = await import('../backup/kept-apart.js');
        const secrets = await keptApart(readOperationsEnvironment('secrets'));
        const rows = secrets.map(({ name, fingerprint, without }) => [name, fingerprint, without]);
        const table = alignedTable(['SECRET', 'FINGERPRINT', 'WITHOUT IT'], rows);
        return {
          json: { secrets },
          lines: secrets.length > 0 ? table : ['nothing: no SECRET_KEY is given, and copies are not encrypted'],
        };
      }),
    );
}
