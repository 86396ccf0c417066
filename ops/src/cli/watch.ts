import type { Command } from 'commander';
import { alignedTable } from '../../../app/src/cli/table';
import { print } from '../../../app/src/cli/terminal';
import type { Tick } from '../look/watch';
import { type Component, isWell, stateOf } from '../running/component';
import { answer, exitCodeHelp } from './answer';
import { exitCodeOf } from './findings';
import { type LookOptions, withLookedAt } from './looked-at';
import { parseCount } from './numbers';
import { canRedraw, Screen } from './screen';
import { momentText } from './texts';

interface WatchOptions extends LookOptions {
  every: number;
  count?: number;
}

/** Adds `stockops watch`. */
export function addWatch(program: Command): void {
  withLookedAt(program.command('watch'))
    .description('look at services, API, disk, memory and load again and again, until Ctrl-C')
    .option('--every <seconds>', 'how often', parseCount, 10)
    .option('--count <times>', 'so many times, and end', parseCount)
    .option('--json', 'print JSON, an object on a line each time')
    .addHelpText(
      'after',
      `
The manual's monitor.sh (9.1): a table in a terminal, a line each time into a file or a pipe. It restarts nothing and deletes nothing:
the engine and the cluster start again what died, and logs are bounded by their rotation. Ctrl-C ends it, with exit code 0.

Examples:
  npm run stockops -- watch dev
  npm run --silent stockops -- watch dev --every 60 >> watch.log
  npm run --silent stockops -- watch dev --json | jq -r '.findings[] | select(.state == "fail") | .seen'
${exitCodeHelp}`,
    )
    .action((environment: string, { from, every, count, json = false }: WatchOptions) =>
      answer('watch', { json, write: printJsonLine }, async (progress, signal) => {
        const { openSubject } = await import('../look/open-subject.js');
        const { watch } = await import('../look/watch.js');
        const subject = await openSubject({ environment, from, progress, signal });
        const screen = !json && canRedraw(process.stdout) ? new Screen(process.stdout) : undefined;
        const told = json ? tellJson(environment) : (tick: Tick) => print(tickLine(tick));
        const last = await watch({
          open: () => subject.again(),
          everySeconds: every,
          ticks: count,
          tell: screen ? (tick) => screen.show(tickTable(environment, every, tick)) : told,
          signal,
        });
        screen?.close();
        return {
          json: undefined,
          // Who ends it has seen what there was to see.
          exitCode: signal.aborted || !last ? 0 : exitCodeOf(last.findings),
          lines: screen ? [`no longer watched; more is said by: npm run stockops -- health ${subject.asTyped}`] : [],
        };
      }),
    );
}

const printJsonLine = (value: unknown) => print(JSON.stringify(value));

const tellJson =
  (environment: string) =>
  ({ at, components, findings }: Tick): void => {
    const exitCode = exitCodeOf(findings);
    const told = components.map((each) => ({ ...each, state: stateOf(each) }));
    const ok = exitCode === 0;
    printJsonLine({ schemaVersion: 1, command: 'watch', ok, environment, at, exitCode, findings, components: told });
  };

/** What was seen, on one line: for a file, or another program. */
export function tickLine({ at, components, findings }: Tick): string {
  const marks = findings.map(({ id, state, seen }) => `${state} ${id} ${seen}`);
  const count = components.length > 0 ? `${components.filter(isWell).length}/${components.length} ready; ` : '';
  return `${momentText(at.toISOString())}  ${count}${marks.join('; ')}`;
}

/** What was seen, for a screen: in a narrow one the ends of lines are not shown, in a low one the last of them. */
export const tickTable = (environment: string, everySeconds: number, { at, components, findings }: Tick): string[] => [
  `${environment} at ${momentText(at.toISOString())}, every ${everySeconds} s; Ctrl-C ends`,
  '',
  ...alignedTable(
    ['STATE', 'CHECK', 'SEEN'],
    findings.map(({ id, state, seen }) => [state, id, seen]),
  ),
  ...(components.length > 0 ? ['', ...componentTable(components)] : []),
];

/** Those that are not well come first. */
const componentTable = (components: readonly Component[]): string[] =>
  alignedTable(
    ['STATE', 'COMPONENT', 'READY', 'RESTARTS', 'WHY'],
    components
      .toSorted((a, b) => Number(isWell(a)) - Number(isWell(b)))
      .map((each) => [
        stateOf(each),
        each.name,
        `${each.ready}/${each.wanted}`,
        `${each.restarts}`,
        each.fault?.trim() ?? '',
      ]),
  );
