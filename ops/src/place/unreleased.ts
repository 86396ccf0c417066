/** What the file of an environment names an image by until there is a release of it. */
export const unreleasedDigest = `@sha256:${'0'.repeat(64)}`;
