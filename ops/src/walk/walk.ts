import type { Progress } from '../cli/progress';
import { Refusal } from '../failures';
import type { Journal } from './journal';

/** One step of a walk. Whatever was done of it before, it can be done again. */
export interface Step {
  readonly name: string;
  /** The part of the walk that it is of. */
  readonly phase: string;
  /** What it does, for people. */
  readonly text: string;
  /**
   * Whether what it brings about is so, looked at where it is. Without it the step is a look itself, and is done in every run.
   *
   * @param hasEnded whether it was brought about before: what goes on changes it since
   */
  isSo?(hasEnded: boolean): Promise<boolean>;
  /** @returns what there is now, in words */
  act(tell: (detail: string) => void): Promise<string>;
}

/**
 * Takes the steps in their order, and writes each into the journal before and after. What is so already is not done again, neither
 * by an earlier run nor by somebody else.
 *
 * @param signal after which no step is begun; one that is under way may end by it
 * @throws Refusal when a step was done and what it brings about is not so; why it was stopped
 */
export async function walk(
  steps: readonly Step[],
  journal: Journal,
  progress: Progress,
  signal: AbortSignal,
): Promise<void> {
  for (const [index, step] of steps.entries()) {
    signal.throwIfAborted();
    const text = `[${index + 1}/${steps.length}] ${step.phase}: ${step.text}`;
    if (await isSoAlready(step, journal)) {
      progress.note(`${text}: so already`);
      if (!journal.hasEnded(step.name)) await journal.endStep(step.name, 0, 'so already');
      continue;
    }
    await journal.beginStep(step.name);
    const began = performance.now();
    const found = await progress.step(text, async (tell) => {
      const words = await step.act(tell);
      if (step.isSo && !(await step.isSo(true))) {
        throw new Refusal(
          `${step.text}: it was done, and is not so; look into ${journal.page.place}, and run this again`,
        );
      }
      return words;
    });
    if (found) progress.note(`  ${found}`);
    await journal.endStep(step.name, Math.round((performance.now() - began) / 100) / 10, found);
  }
  await journal.finish();
}

const isSoAlready = async ({ name, isSo }: Step, journal: Journal): Promise<boolean> =>
  isSo !== undefined && (await isSo(journal.hasEnded(name)));
