import type { Check, Finding } from '../checks/check';
import { checksFor, withNeeds } from '../checks/registry';
import { runChecks } from '../checks/run-checks';
import { Subject } from '../checks/subject';
import { findingLine } from '../cli/findings';
import type { Progress } from '../cli/progress';
import { readOperationsEnvironment } from '../environment';
import { CannotTell, Refusal } from '../failures';
import type { Place } from '../place/place';
import { refusing, told } from './concerning';

export interface Asking {
  /** Of the checkout. */
  root: string;
  place: Place;
  /** Ids of checks whose answer is of no account. */
  despite: readonly string[];
  progress: Progress;
  signal: AbortSignal;
}

/**
 * Asks the doctor what concerns a deployment.
 *
 * @returns what it found, in words; what is not well and is no reason to stop was told
 * @throws Refusal where a check fails, CannotTell where one could not be asked, each with its id and what to do
 */
export async function askDoctor({ root, place, despite, progress, signal }: Asking): Promise<string> {
  const { environment, stacks } = place;
  const { KUBE_CONFIG_PATH: kubeconfig } = readOperationsEnvironment('deploy');
  const subject = Subject.ofStacks({ root, environment, kubeconfig, signal }, stacks);
  const isWanted = ({ id }: Check) => refusing.includes(id) || told.includes(id);
  try {
    const findings = await runChecks(withNeeds(checksFor(subject.target), isWanted), subject, { isProbing: false });
    const isInTheWay = ({ id, state }: Finding) =>
      refusing.includes(id) && !despite.includes(id) && (state === 'fail' || state === 'unknown');
    const notWell = findings.filter(({ state }) => state !== 'ok' && state !== 'skipped');
    for (const each of notWell) if (!isInTheWay(each)) progress.note(findingLine(each));
    requireNone(notWell.filter(isInTheWay));
    return `${findings.length} checks of the doctor, ${notWell.length} of them not well`;
  } finally {
    subject.end();
  }
}

function requireNone(inTheWay: readonly Finding[]): void {
  if (inTheWay.length === 0) return;
  const message = inTheWay.map(reason).join('\n  ');
  throw inTheWay.some(({ state }) => state === 'fail') ? new Refusal(message) : new CannotTell(message);
}

const reason = ({ id, title, state, seen, expected, command, page }: Finding): string =>
  `${state} ${id} (${title}): ${seen}; expected: ${expected}; run: ${command}; ${page}; or go on: --despite ${id}`;
