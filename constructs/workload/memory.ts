/** What a process may fill of its container; the rest is for its code, its threads and the page cache of its files. */
const heapShare = 0.9;

/**
 * The environment of a program in Go that knows how much memory its container has: it collects garbage before the limit,
 * instead of being killed at it.
 * @see https://pkg.go.dev/runtime#hdr-Environment_Variables
 */
export const goMemory = (memoryMiB: number): Readonly<Record<string, string>> => ({
  GOMEMLIMIT: `${Math.floor(memoryMiB * heapShare)}MiB`,
});
