import { setTimeout as sleep } from 'node:timers/promises';
import { SingleBar } from 'cli-progress';
import type { Database } from '../database/pool';
import { countChildren, findJob, type JobRecord } from '../jobs/job-store';

const pollSeconds = 0.5;

/**
 * Waits until a job is finished, with a bar of its children on standard error where a person is watching. The job goes
 * on when the waiting is interrupted.
 *
 * @param title what the bar is of
 * @throws Error when the job disappears: the nightly upkeep has forgotten it
 */
export async function followJob(database: Database, id: string, title: string): Promise<JobRecord> {
  const bar = new SingleBar({ format: `${title} [{bar}] {value}/{total} parts | {duration_formatted}` });
  let isShown = false;
  try {
    for (;;) {
      const job = await findJob(database, id);
      if (!job) throw new Error(`job ${id} is no longer known`);
      const counts = Object.entries(await countChildren(database, id));
      const sum = (isCounted: (state: string) => boolean) =>
        counts.reduce((total, [state, jobs]) => total + (isCounted(state) ? jobs : 0), 0);
      const total = sum(() => true);
      if (process.stderr.isTTY && total > 0 && !isShown) {
        bar.start(total, 0);
        isShown = true;
      }
      if (isShown) bar.update(sum((state) => ['completed', 'failed', 'revoked'].includes(state)));
      if (job.finished_at) return job;
      await sleep(pollSeconds * 1000);
    }
  } finally {
    if (isShown) bar.stop();
  }
}
