/**
 * What texts from outside stand for, by the text. An object literal would also answer to what every object inherits,
 * such as `constructor`; a map answers to its own names alone.
 */
export const closedMap = <T>(entries: Readonly<Record<string, T>>): ReadonlyMap<string, T> =>
  new Map(Object.entries(entries));
