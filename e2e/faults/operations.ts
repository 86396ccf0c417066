import type { Answer, Asked, HealthSample, History, Outcome } from './history';

/**
 * One line of a recorded history. What a client does begins with `invoke` and ends with `ok`; with `fail`, when it has
 * certainly not happened; or with `info`, when nobody can tell, as after no answer in time.
 */
export type Operation = { seq: number; time: number } & Event;

type Event =
  | { op: Asked; key: string; type: 'invoke' }
  | { op: Asked; key: string; type: 'ok' | 'fail' | 'info'; outcome: Outcome; took: number; job?: string }
  | { op: 'health'; key: string; type: 'ok' | 'info'; status: HealthSample['status']; failed: readonly string[] }
  | { op: 'fault'; key: 'began' | 'ended' | 'recovered'; type: 'info' }
  | { op: 'job'; key: string; type: 'ok'; state: string; attempts: number }
  | { op: 'dead letter' | 'row'; key: string; type: 'ok' };

/** How a request ended: what the API refuses or nobody heard has not happened; a server error may have come too late. */
export function endOf(outcome: Outcome): 'ok' | 'fail' | 'info' {
  if (outcome === 'refused') return 'fail';
  if (typeof outcome === 'string') return 'info';
  if (outcome < 400) return 'ok';
  return outcome < 500 ? 'fail' : 'info';
}

/** Notes one line after the other. */
export class Recorder {
  readonly operations: Operation[] = [];
  readonly #now: () => number;

  /** @param now milliseconds since the beginning */
  constructor(now: () => number) {
    this.#now = now;
  }

  note(event: Event, time = this.#now()): void {
    this.operations.push({ seq: this.operations.length, time, ...event });
  }
}

/** The lines as a file has them: one JSON object each. */
export const asLines = (operations: readonly Operation[]): string =>
  operations.map((operation) => `${JSON.stringify(operation)}\n`).join('');

/** @throws Error when a line is missing or is not JSON: nothing is concluded from half a history */
export function fromLines(text: string): Operation[] {
  const operations = text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Operation);
  const gap = operations.findIndex(({ seq }, index) => seq !== index);
  if (gap >= 0) throw new Error(`line ${gap + 1} of the history has seq ${operations[gap]?.seq}, expected ${gap}`);
  return operations;
}

/** @throws Error when the fault never began or never ended in it */
export function historyOf(operations: readonly Operation[]): History {
  const submits = operations.filter(({ op }) => op === 'submit');
  const accepted = new Map(
    submits.flatMap((each) => (each.op === 'submit' && each.type === 'ok' && each.job ? [[each.job, each.key]] : [])),
  );
  const keysOf = (op: Operation['op']) => operations.filter((each) => each.op === op).map(({ key }) => key);
  const timeOf = (moment: string) => operations.find(({ op, key }) => op === 'fault' && key === moment)?.time;
  return {
    attemptedRows: submits.filter(({ type }) => type === 'invoke').map(({ key }) => key),
    accepted: [...accepted.keys()],
    expectedRows: [...accepted.values()],
    records: operations.flatMap((each) =>
      each.op === 'job' ? [{ id: each.key, state: each.state, attempts: each.attempts }] : [],
    ),
    deadLetters: keysOf('dead letter'),
    storedRows: keysOf('row'),
    answers: operations.flatMap(asAnswer),
    health: operations.flatMap((each) =>
      each.op === 'health' ? [{ at: each.time, role: each.key, status: each.status, failed: each.failed }] : [],
    ),
    faultBegan: required(timeOf('began'), 'began'),
    faultEnded: required(timeOf('ended'), 'ended'),
    recovered: timeOf('recovered'),
  };
}

const asAnswer = (each: Operation): Answer[] =>
  'outcome' in each ? [{ at: each.time - each.took, what: each.op, outcome: each.outcome, took: each.took }] : [];

function required(time: number | undefined, moment: string): number {
  if (time === undefined) throw new Error(`the history does not say when the fault ${moment}`);
  return time;
}
