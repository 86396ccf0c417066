/** A size for people. */
export const bytesText = (bytes: number): string => `${(bytes / 1024 / 1024).toFixed(1)} MiB`;

/** A moment for people, to the second, in Shanghai's time. */
export const momentText = (moment: string): string =>
  `${new Date(new Date(moment).getTime() + 8 * 3_600_000).toISOString().slice(0, 19).replace('T', ' ')} +08`;

/** A span of time for people: its two largest units. */
export function ageText(seconds: number): string {
  if (seconds < 0) return `${ageText(-seconds)} to come`;
  const minutes = Math.floor(seconds / 60);
  const hours = Math.floor(minutes / 60);
  if (hours >= 48) return `${Math.floor(hours / 24)} d ${hours % 24} h`;
  if (hours > 0) return `${hours} h ${minutes % 60} min`;
  return minutes > 0 ? `${minutes} min ${Math.floor(seconds % 60)} s` : `${Math.floor(seconds)} s`;
}
