import type { SynthesizedStack } from '../place/synthesized';
import type { Keys } from './keys';
import type { RecoveryJournal } from './recovery';
import type { RecoveryPlace } from './recovery-place';

/** What the steps work with. */
export interface Recovering {
  journal: RecoveryJournal;
  /** Folder for what Terraform says. */
  logs: string;
  place: RecoveryPlace;
  stacks: readonly SynthesizedStack[];
  keys: Keys;
  /** One that was valid before. */
  apiKey: string | undefined;
  despiteKeys: boolean;
  signal: AbortSignal;
}
