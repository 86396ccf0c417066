/**
 * How much of a container's memory a runtime may fill with objects, in MiB. A JVM takes as much again beside its heap for
 * buffers, threads and, in Elasticsearch, the page cache it lives on; Node.js a quarter.
 */
export const jvmHeapMiB = (memoryMiB: number): number => Math.floor(memoryMiB / 2);
export const nodeHeapMiB = (memoryMiB: number): number => Math.floor(memoryMiB * 0.75);

/** A heap that has its whole size from the start is never found too large later. */
export const jvmHeapOptions = (memoryMiB: number): string =>
  `-Xms${jvmHeapMiB(memoryMiB)}m -Xmx${jvmHeapMiB(memoryMiB)}m`;
