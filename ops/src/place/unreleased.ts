import type { SynthesizedStack } from './synthesized';

/** What the file of an environment names an image by until there is a release of it. */
export const unreleasedDigest = `@sha256:${'0'.repeat(64)}`;

/** Whether a stack has an image that was not released yet. */
export const isUnreleased = ({ resources }: SynthesizedStack): boolean =>
  JSON.stringify(resources).includes(unreleasedDigest);
