import { setTimeout as sleep } from 'node:timers/promises';
import { Refusal } from '../failures';
import type { Journal } from '../walk/journal';
import type { Step } from '../walk/walk';
import type { Place } from './place';
import type { SynthesizedStack } from './synthesized';
import { applyStack } from './terraform';

/** What stacks are applied with, in a walk. */
export interface Applying {
  place: Place;
  journal: Journal;
  /** Folder for what Terraform says. */
  logs: string;
  /** Values that people give, as TF_VAR_…, beside this process' own. */
  variables: Readonly<Record<string, string>>;
  signal: AbortSignal;
}

/** Of what was applied: Terraform waits for most of it, a health check comes after. */
const readySeconds = 180;
const lookMilliseconds = 1_000;

/** A step that applies a stack, and waits until all of it runs. */
export function applyStep(
  applying: Applying,
  stack: SynthesizedStack,
  phase: string,
  name = `apply ${stack.name}`,
): Step {
  const { place, signal } = applying;
  return {
    name,
    phase,
    text: `the stack ${stack.name}, by Terraform`,
    isSo: async (hasEnded) => hasEnded && (await place.isReady(stack)),
    act: async () => {
      await applyInStep(applying, stack, name);
      await requireReady(place, stack, signal);
      return '';
    },
  };
}

/** Waits until all of a stack that was applied runs. @throws Refusal where it does not in time */
export async function requireReady(place: Place, stack: SynthesizedStack, signal: AbortSignal): Promise<void> {
  const deadline = performance.now() + readySeconds * 1000;
  while (!(await place.isReady(stack))) {
    if (performance.now() > deadline) {
      throw new Refusal(
        `${stack.name} was applied, and does not run after ${readySeconds} s; stockops status says what of it does not`,
      );
    }
    await sleep(lookMilliseconds, undefined, { signal });
  }
}

/**
 * Applies a stack within a step of a walk; the Terraform of an earlier run of it is waited for.
 *
 * @param only these addresses, and what they need; all where there are none
 */
export async function applyInStep(
  { journal, logs, variables, signal }: Applying,
  stack: SynthesizedStack,
  step: string,
  only: readonly string[] = [],
): Promise<void> {
  const { beganAt, processId } = journal.step(step) ?? {};
  await applyStack(stack, {
    logs,
    variables,
    only,
    earlier: beganAt ? { processId, startedAt: new Date(beganAt) } : undefined,
    onStart: (id) => journal.noteProcess(step, id),
    signal,
  });
}
