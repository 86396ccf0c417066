/** A size for people. */
export const bytesText = (bytes: number): string => `${(bytes / 1024 / 1024).toFixed(1)} MiB`;

/** A moment for people, to the second, in Shanghai's time. */
export const momentText = (moment: string): string =>
  `${new Date(new Date(moment).getTime() + 8 * 3_600_000).toISOString().slice(0, 19).replace('T', ' ')} +08`;
