/** What the program's exit code says, in every format. */
export const exitCodes = { done: 0, failed: 1, unusable: 2, unknown: 3, inconclusive: 4 } as const;

/** It was looked at, and is not as it has to be: the message says what is, what has to be and what to do. */
export class Refusal extends Error {}

/** It could not be looked at: something does not answer. */
export class CannotTell extends Error {}

/** It was looked at, and there was too little to see to say how it is. */
export class Inconclusive extends Error {}
