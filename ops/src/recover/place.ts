import type { Keys } from './keys';
import type { SynthesizedStack } from './synthesized';
import type { Ended, ToolOptions } from './tool';
import type { Step } from './walk';

/** How to apply a stack, or some addresses of it. */
export type Apply = (stack: SynthesizedStack, step: string, only?: readonly string[]) => Promise<void>;

/** Where an environment is deployed: a cluster or an engine, as the operator's programs reach it. */
export interface Place {
  /** For people. */
  readonly name: string;
  /** A name that the gateway answers to. */
  readonly host: string;
  /** Variables of Terraform, for what people give. */
  variables(keys: Keys): Record<string, string>;
  /** Values of the workload `backup` that this machine has already, as stockops takes them. */
  readonly offered: Readonly<Record<string, string>>;
  /** @throws CannotTell when it does not answer */
  requireAnswering(): Promise<void>;
  /** What of the environment is there that has data or works with it, in words. */
  found(): Promise<string[]>;
  /** What to do about it. */
  readonly howToEmpty: string;
  /** What the first stack needs. */
  beforeStacks(keys: Keys): Step;
  /** What the workload `backup` needs beside the stacks before it. */
  beforeBackup(keys: Keys, apply: Apply): Step[];
  /** Whether all that a stack describes runs, or has run. */
  isReady(stack: SynthesizedStack): Promise<boolean>;
  /** Runs a command in the container of a component. */
  run(component: string, words: readonly string[], options?: ToolOptions): Promise<Ended>;
  /** Opens a way to the gateway. */
  withGateway<T>(use: (address: string) => Promise<T>): Promise<T>;
  /** Asks Prometheus. @param path below its own, such as /api/v1/targets */
  askPrometheus(path: string): Promise<string>;
}
