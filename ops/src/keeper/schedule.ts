import { CronExpressionParser } from 'cron-parser';

const tz = 'Asia/Shanghai';

/** The last time of a schedule that has been. */
export const lastTime = (schedule: string, now: Date): Date =>
  CronExpressionParser.parse(schedule, { tz, currentDate: now }).prev().toDate();

/** Whether a schedule has had a time since something was last done; what was never done is due. */
export const isDue = (schedule: string, lastDone: Date | undefined, now: Date): boolean =>
  lastDone === undefined || lastDone < lastTime(schedule, now);
