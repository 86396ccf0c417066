import path from 'node:path';
import { thisOperator } from '../ledger/operator';
import { checkoutFolder } from '../place/claimed-checkout';
import type { ApplyOptions, Earlier } from '../place/terraform';
import type { Preview, PreviewJournal } from './preview';

/** What Terraform is run on the stacks of a preview with. */
export interface PreviewWork {
  root: string;
  journal: PreviewJournal;
  /** Who worked on it before; undefined where nobody did. */
  before: Preview['operator'] | undefined;
  signal: AbortSignal;
}

/** What Terraform says of a preview, and the stacks that it destroys. */
export const workFolder = (root: string, name: string): string => path.join(checkoutFolder(root), name);

export const applyName = (stack: string): string => `apply ${stack}`;
export const destroyName = (stack: string): string => `destroy ${stack}`;

/** How Terraform is run on a stack in a step: what an earlier run began on that stack, in any step, is waited for. */
export const optionsOf = (work: PreviewWork, step: string, stack: string): ApplyOptions => ({
  logs: path.join(workFolder(work.root, work.journal.content.name), 'logs'),
  earlier: begunBefore(work, stack),
  onStart: (processId) => work.journal.noteProcess(step, processId),
  signal: work.signal,
});

function begunBefore({ journal, before }: PreviewWork, stack: string): Earlier | undefined {
  const begun = [applyName(stack), destroyName(stack)]
    .flatMap((name) => journal.step(name) ?? [])
    .filter(({ processId, endedAt }) => processId !== undefined && endedAt === undefined)
    .sort((one, other) => (one.beganAt < other.beganAt ? 1 : -1))[0];
  if (!before || !begun) return undefined;
  const { owner, host } = before;
  return {
    processId: host === thisOperator().host ? begun.processId : undefined,
    startedAt: new Date(begun.beganAt),
    who: `${owner}@${host}`,
  };
}
