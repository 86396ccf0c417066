/** A size for people. */
export const bytesText = (bytes: number): string => `${(bytes / 1024 / 1024).toFixed(1)} MiB`;

/** A moment for people, to the second, in Shanghai's time. */
export const momentText = (moment: string): string =>
  `${new Date(new Date(moment).getTime() + 8 * 3_600_000).toISOString().slice(0, 19).replace('T', ' ')} +08`;

/** How much would be lost by going back to it. */
export function ageText(seconds: number): string {
  if (seconds < 0) return 'to come';
  const hours = Math.floor(seconds / 3600);
  if (hours >= 48) return `${Math.floor(hours / 24)} d ${hours % 24} h`;
  return `${hours} h ${Math.floor((seconds % 3600) / 60)} min`;
}
