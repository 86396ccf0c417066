import type { SynthesizedStack } from '../place/synthesized';

/** Stops and starts what is deployed; neither makes nor removes anything. */
export interface Lifecycle {
  /** Starts what was stopped, as it is described. */
  start(stack: SynthesizedStack): Promise<void>;
  /**
   * Has what runs end what it is doing, and waits for it.
   *
   * @param there the components that are deployed; others are passed over
   * @returns what goes on, and why
   */
  stop(stack: SynthesizedStack, there: ReadonlySet<string>): Promise<readonly string[]>;
  /** Ends each copy of a component and starts it again; where there are several, one after the other. */
  restart(component: string): Promise<void>;
}
