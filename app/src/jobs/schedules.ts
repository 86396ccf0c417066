import type { IngestRequest } from '../ingest/ingest';
import { dayInShanghai } from '../market/trading-day';
import type { SubmitContext } from './job-context';
import type { JobQueue } from './queue';
import { planJob, priorities, submitJob } from './submit';

const daysLookedBack = 7;

interface Schedule {
  /** Cron pattern, on the clock of Shanghai. */
  pattern: string;
  run(context: SubmitContext): Promise<unknown>;
}

/** What runs at fixed times. */
export const schedules = {
  // After the close at 15:00 and the hour in which daily data is published; a week back, so that a missed day is made up.
  'daily-ingest': {
    pattern: '10 16 * * 1-5',
    run: async (context) => {
      const now = Date.now();
      const request: IngestRequest = {
        dataset: 'daily',
        source: 'sample',
        symbols: null,
        start: dayInShanghai(new Date(now - daysLookedBack * 24 * 3600 * 1000)),
        end: dayInShanghai(new Date(now)),
      };
      const { job } = await submitJob(context, planJob('ingest', request, priorities.scheduled));
      return job.id;
    },
  },
} as const satisfies Record<string, Schedule>;

export type ScheduleName = keyof typeof schedules;

/** Does what a schedule is for. */
export const runSchedule = (name: ScheduleName, context: SubmitContext): Promise<unknown> =>
  schedules[name].run(context);

/** Brings the queue's schedules to those of this version: new and changed ones are set, others removed. */
export async function installSchedules(queue: JobQueue): Promise<void> {
  for (const { key } of await queue.getJobSchedulers()) {
    if (!(key in schedules)) await queue.removeJobScheduler(key);
  }
  for (const [name, { pattern }] of Object.entries(schedules)) {
    await queue.upsertJobScheduler(name, { pattern, tz: 'Asia/Shanghai' }, { name, data: {} });
  }
}
