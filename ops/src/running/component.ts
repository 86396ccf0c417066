/** How a component of an environment is. */
export interface Component {
  /** As the stacks name it: api, postgres … */
  readonly name: string;
  /** The stack that it is of. */
  readonly stack: string;
  /** What kubectl or docker calls it. */
  readonly kind: string;
  /** Copies of it that are to run; 0 where it was stopped. */
  readonly wanted: number;
  /** Copies that run as they were last described, and are well. */
  readonly ready: number;
  /** Copies that are well, those of before a rollout too. */
  readonly serving: number;
  /** Undefined where it is not there at all. */
  readonly image: string | undefined;
  /** Of all copies, since each was made. */
  readonly restarts: number;
  /** When a copy ended last by itself, undefined where none did. */
  readonly endedAt: Date | undefined;
  /** Why it is not well, in the words of what runs it. */
  readonly fault: string | undefined;
}

/** What is found of a component, beside what it is called. */
export type Found = Omit<Component, 'name' | 'stack' | 'kind'>;

/** Of one that is not there at all. */
export const notThere = (fault: string): Found => ({
  wanted: 1,
  ready: 0,
  serving: 0,
  image: undefined,
  restarts: 0,
  endedAt: undefined,
  fault,
});

export const isThere = ({ image }: Component): boolean => image !== undefined;
export const isStopped = (component: Component): boolean => isThere(component) && component.wanted === 0;
export const isWell = (component: Component): boolean =>
  isThere(component) && component.wanted > 0 && component.ready >= component.wanted;

/** It is to run and does not: of one that was stopped or is missing, no log says why. */
export const isBroken = (component: Component): boolean =>
  isThere(component) && !isStopped(component) && !isWell(component);

/** What was described last does not run yet, or never will; what ran before serves. */
export const isRolling = (component: Component): boolean =>
  isBroken(component) && component.serving >= component.wanted;

/** In a word. */
export function stateOf(component: Component): 'missing' | 'stopped' | 'ready' | 'rolling' | 'not ready' {
  if (!isThere(component)) return 'missing';
  if (isStopped(component)) return 'stopped';
  if (isRolling(component)) return 'rolling';
  return isWell(component) ? 'ready' : 'not ready';
}
