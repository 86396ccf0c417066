/** The embedded product cannot go on; the message says why and what to do. */
export class EmbeddedError extends Error {}
