import { parseSchedule } from './schedule';
import type { ScheduledProps } from './workload';

/** POSIX forms of the time zones: an image without a zone database knows them too. Neither zone has a summer time. */
const posixTimeZone = { 'Asia/Shanghai': 'CST-8', UTC: 'UTC0' } as const;

/**
 * A shell script that runs its arguments at each time of a cron schedule, one run at a time, each at most
 * `timeLimitSeconds` long: what a CronJob does, with nothing but a POSIX shell, date, sleep and timeout in the image.
 * A failed run is written to the log and waits for the next time.
 */
export function waitForSchedule({ component, schedule, timeZone, timeLimitSeconds }: ScheduledProps): string {
  const { minute, hour, dayOfMonth, month, dayOfWeek } = parseSchedule(component, schedule);
  return [
    `export TZ=${posixTimeZone[timeZone]}`,
    'while :; do',
    '  sleep $((60 - $(date +%s) % 60))',
    '  set_now=$(date "+%M %H %d %m %w")',
    `  matches() { ${matches(minute, '$1')} && ${matches(hour, '$2')} && ${matches(dayOfMonth, '$3')} && ${matches(month, '$4')} && ${matchesWeekday(dayOfWeek)}; }`,
    '  matches $set_now || continue',
    `  timeout ${timeLimitSeconds} "$@" || echo "run of ${component} ended with status $?" >&2`,
    'done',
  ].join('\n');
}

interface Field {
  readonly isWildcard: boolean;
  readonly values: readonly (number | string)[];
}

/** True when the two-digit `word` is one of the field's values. */
const matches = (field: Field, word: string) =>
  field.isWildcard
    ? ':'
    : oneOf(
        field.values.map((value) => `${value}`.padStart(2, '0')),
        word,
      );

/** Cron counts Sunday as 0 and as 7, date only as 0. */
const matchesWeekday = (field: Field) =>
  field.isWildcard ? ':' : oneOf([...new Set(field.values.map((value) => `${Number(value) % 7}`))], '$5');

const oneOf = (values: string[], word: string) => `case " ${values.join(' ')} " in *" ${word} "*) ;; *) false;; esac`;
