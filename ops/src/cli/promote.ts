import type { Command } from 'commander';
import { type AnswerOptions, answer, exitCodeHelp } from './answer';

/** Adds `stockops promote`. */
export function addPromote(program: Command): void {
  program
    .command('promote')
    .description(
      'write the images of the good release that runs in one environment into the file of another, by digest',
    )
    .argument('<from>', 'such as staging')
    .argument('<to>', 'such as production')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `\nChanges files of this checkout and nothing else: the difference is reviewed, committed and deployed.\n${exitCodeHelp}`,
    )
    .action((from: string, to: string, options: AnswerOptions) =>
      answer('promote', options, async (progress) => {
        const { promote } = await import('../deploy/promote.js');
        const { release, images, files } = await promote({ from, to, progress });
        return {
          json: { from, to, release: release.id, images, files },
          lines: [
            `release ${release.id} of ${from}: ${images.join(', ')}`,
            `written into ${files.join(' and ')}; review and commit them, then: npm run stockops -- deploy ${to}`,
          ],
        };
      }),
    );
}
