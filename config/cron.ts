import { CronExpressionParser } from 'cron-parser';

const names = /\b(JAN|FEB|MAR|APR|MAY|JUN|JUL|AUG|SEP|OCT|NOV|DEC|SUN|MON|TUE|WED|THU|FRI|SAT)\b/gi;

/**
 * The five fields of a cron schedule.
 * @throws Error for what cron does not know, and for a schedule that restricts both day fields: cron would run on days
 * that fit either, which nobody expects.
 */
export function parseCron(schedule: string) {
  const fields = schedule.trim().split(/\s+/);
  if (fields.length !== 5) throw new Error(`schedule "${schedule}" has ${fields.length} fields, cron has 5`);
  if (!/^[\d\s*,/-]+$/.test(schedule.replace(names, '0'))) {
    throw new Error(`schedule "${schedule}", allowed: numbers, JAN to DEC, SUN to SAT, and * , - /`);
  }
  if (fields[2] !== '*' && fields[4] !== '*') {
    throw new Error(`schedule "${schedule}" restricts day of month and day of week, allowed: one`);
  }
  try {
    return CronExpressionParser.parse(schedule).fields;
  } catch (error) {
    throw new Error(`schedule "${schedule}" is not a cron schedule: ${(error as Error).message}`);
  }
}

/** Whether it is one. */
export function isCron(schedule: string): boolean {
  try {
    parseCron(schedule);
    return true;
  } catch {
    return false;
  }
}
