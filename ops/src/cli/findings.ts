import type { Finding, State } from '../checks/check';
import { exitCodes } from '../failures';

const states: readonly State[] = ['ok', 'warn', 'fail', 'skipped', 'unknown'];
const colours: Readonly<Record<State, number>> = { ok: 32, warn: 33, fail: 31, skipped: 90, unknown: 35 };

/** Whether the screen shows colours; not where NO_COLOR is set, nor into a pipe. */
export const isColoured = (): boolean => process.stdout.isTTY === true && process.stdout.hasColors();

/** A finding on a line; what is not well says what was seen, what to run and where more is written. */
export function findingLine({ id, title, state, seen, command, page }: Finding): string {
  const shown = isColoured() ? `\x1b[${colours[state]}m${state.padEnd(7)}\x1b[0m` : state.padEnd(7);
  const line = `${shown} ${id.padEnd(10)} ${title}`;
  if (state === 'ok') return `${line} — ${seen}`;
  if (state === 'skipped') return `${line} — because ${seen}`;
  return `${line} — ${seen}; run: ${command}; ${page}`;
}

/** What has a state, be it a finding about an environment or about a machine. */
type Stated = Pick<Finding, 'state'>;

/** How many there are of each state, and what to do. */
export const lastLine = (findings: readonly Stated[], exitCode: number): string =>
  `${countsOf(findings)}: ${meanings[exitCode]}`;

/** How many there are of each state. */
export const countsOf = (findings: readonly Stated[]): string =>
  states
    .map((state) => ({ state, count: findings.filter((each) => each.state === state).length }))
    .filter(({ count }) => count > 0)
    .map(({ state, count }) => `${count} ${state}`)
    .join(', ');

const meanings: Readonly<Record<number, string>> = {
  [exitCodes.done]: 'nothing has to be done at once (exit code 0)',
  [exitCodes.failed]: 'run what stands behind the first that is not ok, then look again (exit code 1)',
  [exitCodes.unknown]: 'something could not be asked; make it answer, then look again (exit code 3)',
};

/** @param isStrict whether warnings fail too */
export function exitCodeOf(findings: readonly Stated[], isStrict = false): number {
  const has = (wanted: State) => findings.some(({ state }) => state === wanted);
  if (has('fail') || (isStrict && has('warn'))) return exitCodes.failed;
  return has('unknown') ? exitCodes.unknown : exitCodes.done;
}
