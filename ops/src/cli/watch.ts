import type { Command } from 'commander';
import { alignedTable } from '../../../app/src/cli/table';
import { print } from '../../../app/src/cli/terminal';
import type { Tick } from '../look/watch';
import { isWell } from '../running/component';
import { answer, exitCodeHelp } from './answer';
import { environmentArgument } from './environment-argument';
import { exitCodeOf } from './findings';
import { parseCount } from './numbers';
import { componentTable } from './status';
import { momentText } from './texts';

const clearScreen = '\x1b[H\x1b[2J';

/** Adds `stockops watch`. */
export function addWatch(program: Command): void {
  program
    .command('watch')
    .description('look at services, API, disk and memory again and again, until Ctrl-C')
    .addArgument(environmentArgument())
    .option('--every <seconds>', 'how often', parseCount, 10)
    .option('--count <times>', 'so many times, and end', parseCount)
    .addHelpText(
      'after',
      `
The manual's monitor.sh (9.1): a table in a terminal, a line each time into a file or a pipe. It restarts nothing and deletes nothing:
the engine and the cluster start again what died, and logs are bounded by their rotation.
${exitCodeHelp}`,
    )
    .action((environment: string, { every, count }: { every: number; count?: number }) =>
      answer('watch', {}, async (progress, signal) => {
        const { openSubject } = await import('../look/open-subject.js');
        const { watch } = await import('../look/watch.js');
        const subject = await openSubject(environment, progress, signal);
        const last = await watch({
          open: () => subject.again(),
          everySeconds: every,
          ticks: count,
          tell: process.stdout.isTTY ? showTable(environment, every) : (tick) => print(tickLine(tick)),
          signal,
        });
        return {
          json: {},
          // Who ends it has seen what there was to see.
          exitCode: signal.aborted || !last ? 0 : exitCodeOf(last.findings),
          lines: [`no longer watched; more is said by: npm run stockops -- health ${environment}`],
        };
      }),
    );
}

/** What was seen, on one line: for a file, or another program. */
export function tickLine({ at, components, findings }: Tick): string {
  const marks = findings.map(({ id, state, seen }) => `${state} ${id} ${seen}`);
  const count = components.length > 0 ? `${components.filter(isWell).length}/${components.length} ready; ` : '';
  return `${momentText(at.toISOString())}  ${count}${marks.join('; ')}`;
}

const showTable =
  (environment: string, everySeconds: number) =>
  ({ at, components, findings }: Tick): void => {
    print(`${clearScreen}${environment} at ${momentText(at.toISOString())}, every ${everySeconds} s; Ctrl-C ends\n`);
    if (components.length > 0) for (const line of [...componentTable(components), '']) print(line);
    const cells = findings.map(({ id, state, title, seen }) => [state, id, title, seen]);
    for (const line of alignedTable(['STATE', 'CHECK', 'IS IT SO THAT', 'SEEN'], cells)) print(line);
  };
