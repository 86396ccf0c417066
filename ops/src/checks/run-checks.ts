import { setTimeout as sleep } from 'node:timers/promises';
import { within } from '../../../app/src/runtime/within';
import { type Check, commandOf, defaultTimeoutSeconds, type Finding, pageOf, type State, type Verdict } from './check';
import { redacted } from './redacted';
import type { Subject } from './subject';

const retryMilliseconds = 1_000;

export interface RunOptions {
  /** Whether checks that make something there are run. */
  readonly isProbing: boolean;
  /** Told how many have ended. */
  readonly onEnd?: (ended: number) => void;
}

/**
 * Runs checks, each as soon as those that it needs have ended well.
 *
 * @returns what they found, in their own order
 * @throws why it was stopped
 */
export async function runChecks(
  checks: readonly Check[],
  subject: Subject,
  { isProbing, onEnd = () => undefined }: RunOptions,
): Promise<Finding[]> {
  const started = new Map<string, Promise<Finding>>();
  /** Of what is skipped, the first that is missing. */
  const roots = new Map<string, string>();
  let ended = 0;
  const skippedBy = ({ id, state }: Finding, of: string): Judged => {
    const root = roots.get(id) ?? `${id} is ${state}`;
    roots.set(of, root);
    return { state: 'skipped', seen: root };
  };
  const find = async (check: Check): Promise<Finding> => {
    const needed = await Promise.all((check.needs ?? []).flatMap((id) => started.get(id) ?? []));
    const begun = performance.now();
    const { state, ...verdict } = await verdictOf(check, needed);
    onEnd(++ended);
    return findingOf(check, subject, state, verdict, Math.round(performance.now() - begun));
  };
  const verdictOf = async (check: Check, needed: readonly Finding[]): Promise<Judged> => {
    const missing = needed.find(({ state }) => !isAnswered(state));
    if (missing) return skippedBy(missing, check.id);
    if (check.isProbe && !isProbing) return { state: 'skipped', seen: 'it makes something there; ask for it: --probe' };
    return look(check, subject);
  };
  // Each is needed by later ones only.
  for (const check of checks) started.set(check.id, find(check));
  const findings = await Promise.all(started.values());
  // What was interrupted says nothing.
  subject.looking.signal.throwIfAborted();
  return findings;
}

/** A verdict, or that there is none. */
type Judged = Omit<Verdict, 'state'> & { state: State };

/** What is wrong a little is there all the same: what needs it can be asked. */
const isAnswered = (state: State): boolean => state === 'ok' || state === 'warn';

/** Looks, again and again where the check says so; what cannot be looked at is unknown. */
async function look(check: Check, subject: Subject): Promise<Judged> {
  const { severity, timeoutSeconds = defaultTimeoutSeconds, retrySeconds = 0 } = check;
  const deadline = performance.now() + retrySeconds * 1000;
  for (;;) {
    const judged = await within(timeoutSeconds, asked(check, subject)).catch(unknown);
    const isSettled = judged.state === 'ok' || judged.state === 'skipped' || performance.now() >= deadline;
    if (isSettled) return judged.state === 'fail' ? { ...judged, state: severity } : judged;
    await sleep(retryMilliseconds, undefined, { signal: subject.signal });
  }
}

/** As a promise, also where it throws before it has made one. */
const asked = async (check: Check, subject: Subject): Promise<Judged> => check.run(subject);

const unknown = (error: Error): Judged => ({ state: 'unknown', seen: error.message || String(error) });

function findingOf(
  check: Check,
  subject: Subject,
  state: State,
  verdict: Omit<Verdict, 'state'>,
  durationMilliseconds: number,
): Finding {
  const { id, title, expected } = check;
  return {
    id,
    title,
    state,
    seen: redacted(oneLine(subject.named(verdict.seen))),
    expected: subject.named(expected),
    object: verdict.object ?? subject.environment,
    command: subject.command(verdict.command ?? commandOf(check, subject.target)),
    page: pageOf(id),
    durationMilliseconds,
    evidence: (verdict.evidence ?? []).map((line) => redacted(oneLine(line))),
  };
}

const longestText = 400;

/** On one line, no longer than a person reads. */
function oneLine(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length > longestText ? `${line.slice(0, longestText)} …` : line;
}
