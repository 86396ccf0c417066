import { exitCodes } from '../failures';
import { runAttached } from '../place/attached';
import { stackOf } from '../place/synthesized';
import type { Ended } from '../place/tool';
import type { Answer } from './answer';
import { requireConfirmed } from './confirm';
import type { MaintainCommandOptions } from './maintain-options';
import type { Progress } from './progress';

/** The upkeep of an environment, by what runs in its workload backup, which has the rights and the programs. */
export async function maintainEnvironment(
  name: string,
  options: MaintainCommandOptions,
  progress: Progress,
  signal: AbortSignal,
): Promise<Answer> {
  const { openEnvironment } = await import('../deploy/open-environment.js');
  const { place } = await openEnvironment(name, progress);
  stackOf(place.stacks, 'backup');
  signal.addEventListener('abort', () => progress.note('stopping it there; Ctrl-C again waits for nothing'));
  const run: Run = async (...words) => {
    const tell = (line: string) => progress.note(line.trim());
    const ended = await runAttached(place, 'backup', ['maintain', ...words], { tell, signal });
    signal.throwIfAborted();
    return ended;
  };
  const { vacuumFull } = options;
  if (vacuumFull !== undefined) return fullVacuum(run, vacuumFull, options, progress, signal);
  return answerOf(await run(...wordsOf(options)), options);
}

/** Runs `stockops maintain` there. */
type Run = (...words: readonly string[]) => Promise<Ended>;

const wordsOf = ({ limitHours, monthly, dryRun, json }: MaintainCommandOptions): string[] => [
  ...['--limit-hours', `${limitHours}`],
  ...(monthly ? ['--monthly'] : []),
  ...(dryRun ? ['--dry-run'] : []),
  ...(json ? ['--json'] : []),
];

/** Looks there, asks here, and does it there. */
async function fullVacuum(
  run: Run,
  table: string,
  options: MaintainCommandOptions,
  progress: Progress,
  signal: AbortSignal,
): Promise<Answer> {
  const json = options.json ? ['--json'] : [];
  if (options.dryRun) return answerOf(await run('--vacuum-full', table, '--dry-run', ...json), options);
  if (options.confirm === undefined) {
    const look = await run('--vacuum-full', table, '--dry-run');
    if (look.status !== exitCodes.done) return answerOf(look, {});
    progress.note(look.output.trim().split('\n')[0] as string);
  }
  await requireConfirmed(table, options.confirm, signal, 'table');
  return answerOf(await run('--vacuum-full', table, '--confirm', table, ...json), options);
}

function answerOf({ status, output, said }: Ended, { json }: Pick<MaintainCommandOptions, 'json'>): Answer {
  const lines = output.trimEnd().split('\n').filter(Boolean);
  const error = said.trim().split('\n').at(-1);
  return {
    json: json && output ? JSON.parse(output) : { error },
    lines: lines.length > 0 ? lines : [said.trim()],
    exitCode: status ?? exitCodes.failed,
  };
}
