import type { Subject } from './subject';
import type { Target } from './target';

/** skipped: it has no answer here, for a reason. unknown: it could not be looked at. */
export type State = 'ok' | 'warn' | 'fail' | 'skipped' | 'unknown';

/** What a look came to. */
export interface Verdict {
  readonly state: Exclude<State, 'unknown'>;
  /** What was seen; of a skipped one, why. */
  readonly seen: string;
  /** What it is about: a file, a component, a node. @default the environment */
  readonly object?: string | undefined;
  /** Instead of the check's own. */
  readonly command?: string | undefined;
  /** What led to it, a line each. */
  readonly evidence?: readonly string[];
}

/**
 * One question about an environment. In its texts, {environment} and {namespace} are those of what is looked at.
 */
export interface Check {
  /** Never given to another question, also when this one is gone. */
  readonly id: string;
  readonly scope: readonly Target[];
  /** What is so when all is well. */
  readonly title: string;
  /** Ids of the checks without which there is no answer. @default none */
  readonly needs?: readonly string[];
  /** The worst that it says. What depends on the internet is no worse than `warn`. */
  readonly severity: 'warn' | 'fail';
  /** What has to be. */
  readonly expected: string;
  /** What a person runs to see more, or to mend it; where that is another thing in each place, by place. */
  readonly command: string | Readonly<Partial<Record<Target, string>>>;
  /** For its page: why it matters, and what to do. */
  readonly about: string;
  /** @default 15 */
  readonly timeoutSeconds?: number;
  /** For how long it is asked again while it is not ok. @default once */
  readonly retrySeconds?: number;
  /** Whether it makes something there, which it takes away again: only where that was asked for. @default false */
  readonly isProbe?: boolean;
  readonly run: (subject: Subject) => Promise<Verdict>;
}

/** What a check found, for people and for programs. */
export interface Finding {
  readonly id: string;
  readonly title: string;
  readonly state: State;
  readonly seen: string;
  readonly expected: string;
  readonly object: string;
  readonly command: string;
  readonly page: string;
  readonly durationMilliseconds: number;
  readonly evidence: readonly string[];
}

/** How long a check is waited for unless it says otherwise. */
export const defaultTimeoutSeconds = 15;

type Detail = Pick<Verdict, 'object' | 'command' | 'evidence'>;

export const ok = (seen: string, detail: Detail = {}): Verdict => ({ state: 'ok', seen, ...detail });
export const warn = (seen: string, detail: Detail = {}): Verdict => ({ state: 'warn', seen, ...detail });
export const fail = (seen: string, detail: Detail = {}): Verdict => ({ state: 'fail', seen, ...detail });
export const skipped = (because: string): Verdict => ({ state: 'skipped', seen: because });

/** What a person runs in a place, by a check's own words; where the place is not known, in the first. */
export function commandOf({ scope, command }: Pick<Check, 'scope' | 'command'>, target: Target | undefined): string {
  if (typeof command === 'string') return command;
  return command[target ?? (scope[0] as Target)] ?? '';
}

/** Where a check is explained. */
export const pageOf = (id: string): string => `docs/checks.md#${id.toLowerCase()}`;
