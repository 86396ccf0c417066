import { entryOf, keptBy, rememberLeftBehind } from './kept';
import type { TargetProps } from './target';

/**
 * Tells Terraform how to get from what its state knows to what the stack describes, as the environment's `transitions` say.
 * @see https://developer.hashicorp.com/terraform/language/state/refactor
 */
export function tellTransitions({ stack, environment, unit }: TargetProps): void {
  const { transitions, deletionProtection } = environment.config;
  const inThisStack = (transition: { readonly unit: string }) => transition.unit === unit;
  const moved = transitions.moved.filter(inThisStack).map(({ from, to }) => ({ from, to }));
  const imported = transitions.imported.filter(inThisStack).map(({ to, id }) => ({ to, id }));
  const left = transitions.leftBehind.filter(inThisStack).map(({ address }) => address);
  const kept = keptBy(stack);
  const movedEntries = [
    ...moved.filter(({ to }) => kept.includes(to)).map(({ from, to }) => ({ from: entryOf(from), to: entryOf(to) })),
    ...left.map((address) => ({ from: entryOf(address), to: entryOf(address, 'left-behind') })),
  ];

  tell(stack, 'moved', [...moved, ...(deletionProtection ? movedEntries : [])]);
  tell(
    stack,
    'removed',
    // Terraform knows nothing of the files of secrets.
    left.filter((from) => !from.startsWith('secret_files.')).map((from) => ({ from, lifecycle: { destroy: false } })),
  );
  tell(stack, 'import', imported);
  if (deletionProtection && left.length > 0) rememberLeftBehind(stack, left);
}

function tell(stack: TargetProps['stack'], block: 'moved' | 'removed' | 'import', all: readonly object[]): void {
  if (all.length > 0) stack.addOverride(block, all);
}
