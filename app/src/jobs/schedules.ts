import type { Database } from '../database/pool';
import type { Dataset } from '../market/dataset';
import { dayInShanghai } from '../market/trading-day';
import { isInSession, mayBeTradingDay } from '../market/trading-session';
import { isDayComplete } from '../quality/completeness';
import { SourceError } from '../sources/source-error';
import type { JobContext } from './job-context';
import type { JobQueue } from './queue';
import { planJob, priorities, submitJob } from './submit';

const daysReconciled = 7;

type Days = { start: string; end: string };

/** A dataset that is loaded at fixed times. */
interface Schedule {
  /** Cron pattern, on the clock of Shanghai. */
  pattern: string;
  dataset: Dataset;
  /** Whether there is anything to load now. */
  isNeeded: (database: Database, now: Date) => Promise<boolean>;
  days: (today: string) => Days;
}

const always = async () => true;
const onTradingDays: Schedule['isNeeded'] = (database, now) => mayBeTradingDay(database, dayInShanghai(now));
const inSession: Schedule['isNeeded'] = async (database, now) =>
  isInSession(now) && (await onTradingDays(database, now));
const whileTodayIsIncomplete: Schedule['isNeeded'] = async (database, now) =>
  (await onTradingDays(database, now)) && !(await isDayComplete(database, dayInShanghai(now)));

const todayAlone = (today: string): Days => ({ start: today, end: today });
const thisYearAndNext = (today: string): Days => {
  const year = Number(today.slice(0, 4));
  return { start: `${year}-01-01`, end: `${year + 1}-12-31` };
};
const daysBefore = (today: string): Days => {
  const day = (daysAgo: number) => {
    const moment = new Date(`${today}T00:00:00Z`);
    moment.setUTCDate(moment.getUTCDate() - daysAgo);
    return moment.toISOString().slice(0, 10);
  };
  return { start: day(daysReconciled), end: day(1) };
};

/** What is loaded at fixed times, each time from the sources that are configured. */
export const schedules = {
  'trading-calendar': { pattern: '0 6 * * 1', dataset: 'trade_cal', isNeeded: always, days: thisYearAndNext },
  // Corrections of the day before are published overnight.
  reconcile: { pattern: '30 7 * * 1-5', dataset: 'daily', isNeeded: onTradingDays, days: daysBefore },
  'stock-list': { pattern: '30 8 * * 1-5', dataset: 'stock_basic', isNeeded: onTradingDays, days: todayAlone },
  'symbol-aliases': { pattern: '45 8 * * 1', dataset: 'symbol_alias', isNeeded: always, days: todayAlone },
  suspensions: { pattern: '0 9 * * 1-5', dataset: 'suspend', isNeeded: onTradingDays, days: todayAlone },
  'adjustment-factors': { pattern: '25 9 * * 1-5', dataset: 'adj_factor', isNeeded: onTradingDays, days: todayAlone },
  quotes: { pattern: '* 9-11,13-15 * * 1-5', dataset: 'realtime', isNeeded: inSession, days: todayAlone },
  // Published between 15:00 and 17:00, by some sources later.
  'daily-bars': {
    pattern: '10 16-18,20 * * 1-5',
    dataset: 'daily',
    isNeeded: whileTodayIsIncomplete,
    days: todayAlone,
  },
} as const satisfies Record<string, Schedule>;

export type ScheduleName = keyof typeof schedules;

/**
 * Submits the job a schedule is for, when there is anything to load and a source to load it from.
 *
 * @returns id of the job, or why there is none
 */
export async function runSchedule(name: ScheduleName, context: JobContext, now = new Date()): Promise<string> {
  const { database, access, logger } = context;
  const { dataset, isNeeded, days }: Schedule = schedules[name];
  if (!(await isNeeded(database, now))) return 'nothing to load';
  try {
    access.candidates(dataset, 'auto');
  } catch (error) {
    if (!(error instanceof SourceError)) throw error;
    logger.info({ schedule: name, reason: error.message }, 'schedule skipped');
    return error.message;
  }
  const request = { dataset, source: 'auto', symbols: null, ...days(dayInShanghai(now)) };
  const priority = dataset === 'realtime' ? priorities.realtime : priorities.scheduled;
  const { job } = await submitJob(context, planJob('ingest', request, priority));
  return job.id;
}

/** Brings the queue's schedules to those of this version: new and changed ones are set, others removed. */
export async function installSchedules(queue: JobQueue): Promise<void> {
  for (const { key } of await queue.getJobSchedulers()) {
    if (!(key in schedules)) await queue.removeJobScheduler(key);
  }
  for (const [name, { pattern }] of Object.entries(schedules)) {
    await queue.upsertJobScheduler(name, { pattern, tz: 'Asia/Shanghai' }, { name, data: {} });
  }
}
