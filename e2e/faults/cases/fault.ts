import type { Load } from '../load';
import type { System } from '../system';

/** What is made for a fault, which Linux lets only root make. */
export type Need = 'disk' | 'memory';

/** One way to hurt the system. */
export interface Fault {
  name: string;
  /** What is to be seen of it, beside nothing lost and nothing doubled. */
  expected: string;
  /** Alerts that must be told while it lasts, which it then does for as long as they take. @default - none */
  alerts?: readonly string[];
  /** Whether it is among the few that run with every commit. */
  isShort?: boolean;
  /** Small enough to be used up, and its own. @default - nothing */
  needs?: Need;
  /** Seconds for which the fault lasts; a few by default. */
  seconds?: number;
  /** What has to be different from the beginning, before anybody uses the system. Returns how to undo it. */
  prepare?(system: System): Promise<() => Promise<unknown>>;
  /** Returns how to end it. What either throws is a fault of the system. */
  inject(system: System, load: Load): Promise<() => Promise<unknown>>;
}
