import {
  doubledRows,
  doubleEndings,
  falseOks,
  lostJobs,
  lostRows,
  phases,
  recoverySeconds,
  unexpectedRows,
} from './checkers';
import type { History } from './history';

/** How many requests each phase needs, and how many jobs have to be accepted, before anything is said of a fault. */
export const minSamples = { requestsBefore: 20, requestsDuring: 10, requestsAfter: 20, acceptedJobs: 5 } as const;

/** `unknown` is not good: a check that could not be made has not passed. */
export type State = 'good' | 'unknown' | 'bad';

export interface Verdict {
  state: State;
  /** Why it is not good. */
  reasons: readonly string[];
}

/** Looks for one kind of harm; gives in words what it found. */
export interface Check {
  name: string;
  /** What a finding makes of the verdict. @default 'bad' */
  makes?: State;
  find(history: History): readonly string[];
}

const listed = (what: string, found: readonly string[]): string[] =>
  found.length > 0 ? [`${found.length} ${what}: ${found.slice(0, 3).join(', ')}`] : [];

function tooFew(history: History): string[] {
  const { before, during, after } = phases(history);
  const samples = {
    requestsBefore: before.length,
    requestsDuring: during.length,
    requestsAfter: after.length,
    acceptedJobs: history.accepted.length,
  };
  return Object.entries(minSamples).flatMap(([name, least]) => {
    const seen = samples[name as keyof typeof samples];
    return seen < least ? [`too few samples: ${name} ${seen}, at least ${least}`] : [];
  });
}

/** Every check there is. */
export const checks: readonly Check[] = [
  { name: 'lost jobs', find: (history) => listed('lost jobs', lostJobs(history)) },
  { name: 'lost rows', find: (history) => listed('lost rows', lostRows(history)) },
  { name: 'doubled rows', find: (history) => listed('doubled rows', doubledRows(history)) },
  { name: 'jobs ended twice', find: (history) => listed('jobs ended twice', doubleEndings(history)) },
  { name: 'unexpected rows', find: (history) => listed('rows nobody asked for', unexpectedRows(history)) },
  {
    name: 'false oks',
    find: (history) =>
      listed(
        'times "ok" was said while nothing worked',
        falseOks(history).map(({ role }) => role),
      ),
  },
  {
    name: 'recovery',
    find: (history) => (recoverySeconds(history) === undefined ? ['it did not come back by itself'] : []),
  },
  { name: 'samples', makes: 'unknown', find: tooFew },
];

/** What all checks say together: bad before unknown, unknown before good. A check that throws is unknown. */
export function judge(history: History, all: readonly Check[] = checks): Verdict {
  const found = all.map(({ name, makes = 'bad', find }) => {
    try {
      const reasons = find(history);
      return { state: reasons.length > 0 ? makes : 'good', reasons };
    } catch (error) {
      return { state: 'unknown' as const, reasons: [`the check of ${name} failed itself: ${error}`] };
    }
  });
  return merged(found);
}

const severity: readonly State[] = ['good', 'unknown', 'bad'];

/** The worst of them, for all reasons. What was never looked at is unknown. */
export function merged(verdicts: readonly Verdict[]): Verdict {
  const worst = Math.max(...verdicts.map(({ state }) => severity.indexOf(state)));
  return { state: severity[worst] ?? 'unknown', reasons: verdicts.flatMap(({ reasons }) => reasons) };
}
