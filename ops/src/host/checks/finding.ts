import type { State } from '../../checks/check';

/** How one thing of a host stands. */
export interface HostFinding {
  /** Stays the same for good. */
  id: string;
  /** What should be so. */
  title: string;
  state: State;
  seen: string;
  /** The command or step that mends it. */
  advice?: string;
}

/** What a look says of a thing; its id and title are those of the check. */
export type Look = Omit<HostFinding, 'id' | 'title'>;

export const ok = (seen: string): Look => ({ state: 'ok', seen });
export const warn = (seen: string, advice: string): Look => ({ state: 'warn', seen, advice });
export const fail = (seen: string, advice: string): Look => ({ state: 'fail', seen, advice });
export const skipped = (seen: string): Look => ({ state: 'skipped', seen });
