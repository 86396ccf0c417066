import type { SubmitContext } from './job-context';
import { findIdleJobs, markFailed, markHandedOver } from './job-store';
import { addToQueue, handOver } from './submit';

const batchSize = 500;

/**
 * Hands over again what the queue does not have: jobs recorded while it was down, jobs it lost, and parents whose
 * children have finished. Closes those the queue has given up. Any number of relays may run at a time.
 */
export class Relay {
  readonly #context: SubmitContext;
  readonly #idleSeconds: number;
  #lastId: string | undefined;

  /** @param idleSeconds how long a job must be untouched before it is looked at */
  constructor(context: SubmitContext, idleSeconds: number) {
    this.#context = context;
    this.#idleSeconds = idleSeconds;
  }

  /**
   * Looks at a batch of jobs, the next one at each call.
   *
   * @returns number of jobs handed over
   */
  async run(): Promise<number> {
    const { database, queue, logger } = this.#context;
    const idle = await findIdleJobs(database, this.#idleSeconds, batchSize, this.#lastId);
    this.#lastId = idle.length === batchSize ? idle.at(-1)?.id : undefined;
    let handedOver = 0;
    for (const job of idle) {
      const state = await queue.getJobState(job.id);
      if (state === 'failed') {
        // A job only ends there when worker after worker died with it.
        const reason = (await queue.getJob(job.id))?.failedReason ?? 'given up by the queue';
        const parent = await markFailed(database, job.id, reason, 'worker_lost');
        if (parent) await handOver(this.#context, [parent]);
        continue;
      }
      // The record is the truth: what it calls unfinished runs again even where the queue remembers it as done.
      if (state === 'completed') await queue.remove(job.id);
      else if (state !== 'unknown') continue;
      await addToQueue(queue, [job]);
      await markHandedOver(database, [job.id], 'queued');
      handedOver++;
      logger.info({ job_id: job.id }, 'job handed over to the queue');
    }
    return handedOver;
  }
}
