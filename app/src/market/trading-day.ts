/** Shanghai has kept UTC+8 all year since 1992. */
export const shanghaiOffsetMilliseconds = 8 * 3600 * 1000;

/** Day in Shanghai at the given moment, as YYYY-MM-DD. */
export const dayInShanghai = (moment: Date): string =>
  new Date(moment.getTime() + shanghaiOffsetMilliseconds).toISOString().slice(0, 10);

/** Time of day in Shanghai at the given moment, as HH:MM. */
export const timeInShanghai = (moment: Date): string =>
  new Date(moment.getTime() + shanghaiOffsetMilliseconds).toISOString().slice(11, 16);

/** Seconds from the moment to the next midnight in Shanghai, which keeps UTC+8 all year. */
export const secondsUntilMidnightInShanghai = (moment: Date): number =>
  86_400 - (Math.floor(moment.getTime() / 1000 + 8 * 3600) % 86_400);

const writtenDay = /^\d{4}-\d{2}-\d{2}$/;

const daysOfMonth = (year: number, month: number): number => new Date(Date.UTC(year, month, 0)).getUTCDate();

/** Whether the text is a day of the calendar written as YYYY-MM-DD. There is no year 0. */
export function isDay(text: string): boolean {
  if (!writtenDay.test(text) || text < '0001') return false;
  const [month, date] = [Number(text.slice(5, 7)), Number(text.slice(8))];
  if (month < 1 || month > 12 || date < 1) return false;
  return date <= 28 || date <= daysOfMonth(Number(text.slice(0, 4)), month);
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

/** The day that many days later, or earlier where the number is negative. */
export const addDays = (day: string, days: number): string =>
  new Date(Date.parse(`${day}T00:00:00Z`) + days * 24 * 3600 * 1000).toISOString().slice(0, 10);

export const dayAfter = (day: string): string => addDays(day, 1);

/** Whether the day is from Monday to Friday. */
export const isWeekday = (day: string): boolean => ![0, 6].includes(new Date(`${day}T00:00:00Z`).getUTCDay());

/** The day as Tushare and AKShare write it, such as 20240102. */
export const compactDay = (day: string): string => day.replaceAll('-', '');

/** The day behind a text such as 20240102; any other text stays as it is. */
export const fromCompactDay = (text: string): string => text.replace(/^(\d{4})(\d{2})(\d{2})$/, '$1-$2-$3');
