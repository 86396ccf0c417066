import type { Command } from 'commander';
import { printTable } from './table';
import { exitCodeHelp, exitCodes, printJson } from './terminal';

/** Adds `stock doctor`. */
export function addDoctor(program: Command): void {
  program
    .command('doctor')
    .description('look at everything the application needs and keeps, and say what to do')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `
  Looks at the environment, the database with its schema, partitions and indexes, the queue, the cache, the sources, the
  trading calendar, the freshness of every dataset, dead letters and quarantine. Changes nothing. Ends with exit code 1
  when something is wrong; a note is not.
  ${exitCodeHelp}`,
    )
    .action(async ({ json }: { json?: boolean }) => {
      const { examine } = await import('../commands/doctor.js');
      const findings = await examine();
      if (json) printJson(findings);
      else
        printTable(
          ['CHECK', 'STATE', 'FOUND', 'WHAT TO DO'],
          findings.map(({ check, state, finding, advice }) => [check, state, finding, advice ?? '']),
        );
      if (findings.some(({ state }) => state === 'wrong')) process.exitCode = exitCodes.failure;
    });
}
