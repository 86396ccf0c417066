import type { Check, Finding } from '../checks/check';
import { checksFor, withNeeds } from '../checks/registry';
import { runChecks } from '../checks/run-checks';
import type { Subject } from '../checks/subject';
import type { Progress } from '../cli/progress';

interface Options {
  /** @default all */
  readonly isWanted?: (check: Check) => boolean;
  /** @default false */
  readonly isProbing?: boolean;
  readonly progress: Progress;
}

/** What the checks that are wanted, and those that they need, find. */
export async function findingsOf(
  subject: Subject,
  { isWanted = () => true, isProbing = false, progress }: Options,
): Promise<Finding[]> {
  const checks = withNeeds(checksFor(subject.target), isWanted);
  try {
    return await progress.step(`asking ${checks.length} questions about ${subject.environment}`, (tell) =>
      runChecks(checks, subject, { isProbing, onEnd: (ended) => tell(`${ended} of ${checks.length}`) }),
    );
  } finally {
    subject.end();
  }
}
