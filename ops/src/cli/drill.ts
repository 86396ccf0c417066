import type { Command } from 'commander';
import { readOperationsEnvironment } from '../environment';
import { type AnswerOptions, answer, exitCodeHelp } from './answer';
import { parseCopyId } from './backup';
import { ageText } from './texts';

/** Adds `stockops drill`. */
export function addDrill(program: Command): void {
  program
    .command('drill')
    .description('restore a copy into a server of its own, look whether all is there, and leave nothing')
    .argument('[copy]', 'name of the copy (default: the newest that is verified)')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `
The live database is not touched. The server needs room in BACKUP_WORK for the whole database.
${exitCodeHelp}`,
    )
    .action((id: string | undefined, options: AnswerOptions) =>
      answer('drill', options, async (progress, signal) => {
        const environment = readOperationsEnvironment('drill');
        const { withStore } = await import('../backup/open-store.js');
        const { drill } = await import('../drill/drill.js');
        const wanted = id === undefined ? undefined : await parseCopyId(id);
        const found = await withStore(environment, (store) => drill(store, environment, wanted, { progress, signal }));
        return {
          json: { ...found },
          lines: [
            `${found.id} can be restored: it took ${found.rtoSeconds} s, and ${ageText(found.rpoSeconds)} would have been lost`,
          ],
        };
      }),
    );
}
