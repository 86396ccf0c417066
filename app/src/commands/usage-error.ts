/** What was asked for cannot be done as it was asked; the message says how to ask. */
export class UsageError extends Error {}
