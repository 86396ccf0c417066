import type { Database } from '../database/pool';
import type { IngestRequest } from '../ingest/ingest-request';
import type { Dataset, HistoricalDataset } from '../market/dataset';
import { addDays, dayInShanghai } from '../market/trading-day';
import { isInSession, mayBeTradingDay } from '../market/trading-session';
import { findGaps } from '../quality/gaps';
import { SourceError } from '../sources/source-error';
import type { JobContext } from './job-context';
import type { NewJob } from './job-store';
import { planRepair } from './repair';
import { planJob, priorities, submitJob } from './submit';

const daysScannedForGaps = 365;

type Days = { start: string; end: string };

/** What is done at fixed times. */
interface Schedule {
  /** Cron pattern, on the clock of Shanghai. */
  pattern: string;
  /** Without a source for it there is nothing to do. */
  dataset: Dataset;
  /** The job to submit at this time, if any. */
  plan: (database: Database, now: Date) => Promise<NewJob | undefined>;
}

type Condition = (database: Database, now: Date) => Promise<boolean>;

const always: Condition = async () => true;
const onTradingDays: Condition = (database, now) => mayBeTradingDay(database, dayInShanghai(now));
const inSession: Condition = async (database, now) => isInSession(now) && (await onTradingDays(database, now));
const whileTodayIsIncomplete: Condition = async (database, now) => {
  const today = dayInShanghai(now);
  if (!(await mayBeTradingDay(database, today))) return false;
  const { stocks } = await findGaps(database, { symbols: null, start: today, end: today });
  return stocks.length === 0 || stocks.some(({ gaps }) => gaps.length > 0);
};

const todayAlone = (today: string): Days => ({ start: today, end: today });
const thisYearAndNext = (today: string): Days => {
  const year = Number(today.slice(0, 4));
  return { start: `${year}-01-01`, end: `${year + 1}-12-31` };
};
const lastDays = (today: string, count: number): Days => ({ start: addDays(today, -count), end: addDays(today, -1) });
const daysReconciled = (today: string): Days => lastDays(today, 7);

/** Loads a dataset for every stock when the condition holds. */
const load = (dataset: Dataset, isNeeded: Condition, days: (today: string) => Days) => ({
  dataset,
  plan: async (database: Database, now: Date): Promise<NewJob | undefined> => {
    if (!(await isNeeded(database, now))) return undefined;
    const request: IngestRequest = { dataset, source: 'auto', symbols: null, ...days(dayInShanghai(now)) };
    return planJob('ingest', request, dataset === 'realtime' ? priorities.realtime : priorities.scheduled);
  },
});

/** Loads again what a dataset lacks of some days when the condition holds. */
const repair = (dataset: HistoricalDataset, isNeeded: Condition, days: (today: string) => Days) => ({
  dataset,
  plan: async (database: Database, now: Date): Promise<NewJob | undefined> =>
    (await isNeeded(database, now)) ? planRepair(database, dataset, days(dayInShanghai(now))) : undefined,
});
const lastYear = (today: string): Days => lastDays(today, daysScannedForGaps);

/** What is done at fixed times, each time from the sources that are configured. */
export const schedules = {
  'trading-calendar': { pattern: '0 6 * * 1', ...load('trade_cal', always, thisYearAndNext) },
  // Corrections of the day before are published overnight.
  reconcile: { pattern: '30 7 * * 1-5', ...load('daily', onTradingDays, daysReconciled) },
  'stock-list': { pattern: '30 8 * * 1-5', ...load('stock_basic', onTradingDays, todayAlone) },
  'symbol-aliases': { pattern: '45 8 * * 1', ...load('symbol_alias', always, todayAlone) },
  'reconcile-suspensions': { pattern: '35 7 * * 1-5', ...load('suspend', onTradingDays, daysReconciled) },
  'reconcile-factors': { pattern: '40 7 * * 1-5', ...repair('adj_factor', onTradingDays, daysReconciled) },
  // Some are announced during the day.
  suspensions: { pattern: '0 9,13,16 * * 1-5', ...load('suspend', onTradingDays, todayAlone) },
  'adjustment-factors': { pattern: '25 9 * * 1-5', ...load('adj_factor', onTradingDays, todayAlone) },
  quotes: { pattern: '* 9-11,13-15 * * 1-5', ...load('realtime', inSession, todayAlone) },
  // Published between 15:00 and 17:00, by some sources later.
  'daily-bars': { pattern: '10 16-18,20 * * 1-5', ...load('daily', whileTodayIsIncomplete, todayAlone) },
  // Factors that came late: of stocks that have a bar and no factor.
  'late-factors': { pattern: '40 16-18,20 * * 1-5', ...repair('adj_factor', onTradingDays, todayAlone) },
  // Suspensions first: they say which bars are not missing.
  'gap-scan-suspensions': { pattern: '0 9 * * 6', ...repair('suspend', always, lastYear) },
  'gap-scan': { pattern: '0 10 * * 6', ...repair('daily', always, lastYear) },
  'gap-scan-factors': { pattern: '0 12 * * 6', ...repair('adj_factor', always, lastYear) },
} as const satisfies Record<string, Schedule>;

export type ScheduleName = keyof typeof schedules;

/**
 * Submits the job a schedule is for, when there is anything to load and a source to load it from.
 *
 * @returns id of the job, or why there is none
 */
export async function runSchedule(name: ScheduleName, context: JobContext, now = new Date()): Promise<string> {
  const { database, access, logger } = context;
  const { dataset, plan }: Schedule = schedules[name];
  const planned = await plan(database, now);
  if (!planned) return 'nothing to load';
  try {
    access.candidates(dataset, 'auto');
  } catch (error) {
    if (!(error instanceof SourceError)) throw error;
    logger.info({ schedule: name, reason: error.message }, 'schedule skipped');
    return error.message;
  }
  return (await submitJob(context, planned)).job.id;
}
