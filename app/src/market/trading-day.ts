/** Shanghai has kept UTC+8 all year since 1992. */
const shanghaiOffsetMilliseconds = 8 * 3600 * 1000;

/** Day in Shanghai at the given moment, as YYYY-MM-DD. */
export const dayInShanghai = (moment: Date): string =>
  new Date(moment.getTime() + shanghaiOffsetMilliseconds).toISOString().slice(0, 10);

/** Seconds from the moment to the next midnight in Shanghai, which keeps UTC+8 all year. */
export const secondsUntilMidnightInShanghai = (moment: Date): number =>
  86_400 - (Math.floor(moment.getTime() / 1000 + 8 * 3600) % 86_400);

/** Whether the text is a day of the calendar written as YYYY-MM-DD. */
export function isDay(text: string): boolean {
  const moment = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(moment.getTime()) && moment.toISOString().startsWith(text) && text.length === 10;
}

/** The days from start to end, both included, in order. */
export function* daysBetween(start: string, end: string): Generator<string> {
  const day = new Date(`${start}T00:00:00Z`);
  for (let text = start; text <= end; ) {
    yield text;
    day.setUTCDate(day.getUTCDate() + 1);
    text = day.toISOString().slice(0, 10);
  }
}

/** The day after, as YYYY-MM-DD. */
export const dayAfter = (day: string): string =>
  new Date(Date.parse(`${day}T00:00:00Z`) + 24 * 3600 * 1000).toISOString().slice(0, 10);
