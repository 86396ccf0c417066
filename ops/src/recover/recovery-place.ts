import type { Place } from '../place/place';
import type { SynthesizedStack } from '../place/synthesized';
import type { Step } from '../walk/walk';
import type { Keys } from './keys';

/** How to apply a stack, or some addresses of it. */
export type Apply = (stack: SynthesizedStack, step: string, only?: readonly string[]) => Promise<void>;

/** A place that an environment is brought back in. */
export interface RecoveryPlace extends Place {
  /** Variables of Terraform, for what people give. */
  variables(keys: Keys): Record<string, string>;
  /** Values of the workload `backup` that this machine has already, as stockops takes them. */
  readonly offered: Readonly<Record<string, string>>;
  /** What of the environment is there that has data or works with it, in words. */
  found(): Promise<string[]>;
  /** What to do about it. */
  readonly howToEmpty: string;
  /** What the first stack needs. */
  beforeStacks(keys: Keys): Step;
  /** What the workload `backup` needs beside the stacks before it. */
  beforeBackup(keys: Keys, apply: Apply): Step[];
}
