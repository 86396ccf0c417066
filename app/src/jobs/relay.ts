import { within } from '../runtime/within';
import type { SubmitContext } from './job-context';
import {
  findAcceptedJobs,
  findIdleJobs,
  type JobRecord,
  type JobWalk,
  markFailed,
  markQueued,
  walkFrom,
} from './job-store';
import { addToQueue, handOver } from './submit';

const batchSize = 500;
/** Fewer, because on PostgreSQL the queue answers for one after the other. */
const comparedBatchSize = 100;
const answerTimeoutSeconds = 10;
/** It works for at most this long at each call; the next call goes on. */
const workMilliseconds = 2_500;
const walkPauseMilliseconds = 60_000;
const recentSeconds = 60;

/**
 * Hands over what the queue does not have: jobs recorded while it was down, jobs it lost, and parents whose children
 * have finished. Closes those the queue has given up. Any number of relays may run at a time.
 *
 * Jobs that are still accepted are handed over first, and found by an index, however many jobs wait. The others
 * are compared with the queue in the order in which they were last touched, each once it has been idle for a while, and
 * all of them again every minute.
 */
export class Relay {
  readonly #context: SubmitContext;
  readonly #idleSeconds: number;
  /** How far the jobs that became idle have been looked at. */
  #newest: JobWalk | undefined;
  /** How far the walk through all of them has come; undefined between two walks. */
  #walk: JobWalk | undefined;
  #nextWalkAt = 0;

  /** @param idleSeconds how long a job must be untouched before it is looked at */
  constructor(context: SubmitContext, idleSeconds: number) {
    this.#context = context;
    this.#idleSeconds = idleSeconds;
  }

  /**
   * Does what there is to do, for a few seconds at most.
   *
   * @returns number of jobs handed over
   * @throws Error when the queue or the database does not answer
   */
  async run(): Promise<number> {
    const stopAt = performance.now() + workMilliseconds;
    const isTimeLeft = () => performance.now() < stopAt;
    let handedOver = 0;
    for (let isMore = true; isMore && isTimeLeft(); ) {
      const count = await this.#handOverAccepted();
      handedOver += count;
      isMore = count === batchSize;
    }
    // Jobs that became idle lately do not wait for the walk through all of them.
    this.#newest ??= await walkFrom(this.#context.database, this.#idleSeconds + recentSeconds);
    for (let isMore = true; isMore && isTimeLeft(); ) {
      const { idle, end, lost } = await this.#lookAt(this.#newest);
      this.#newest = end;
      handedOver += lost;
      isMore = idle === comparedBatchSize;
    }
    while (performance.now() >= this.#nextWalkAt && isTimeLeft()) {
      const { idle, end, lost } = await this.#lookAt(this.#walk);
      handedOver += lost;
      const isMore = idle === comparedBatchSize;
      this.#walk = isMore ? end : undefined;
      if (!isMore) this.#nextWalkAt = performance.now() + walkPauseMilliseconds;
    }
    if (handedOver > 0) this.#context.logger.info({ jobs: handedOver }, 'jobs handed over to the queue');
    return handedOver;
  }

  async #handOverAccepted(): Promise<number> {
    const { database, queue } = this.#context;
    const accepted = await findAcceptedJobs(database, batchSize);
    await addToQueue(queue, accepted, answerTimeoutSeconds);
    await this.#mark(accepted);
    return accepted.length;
  }

  /** Compares a batch of idle jobs with the queue. */
  async #lookAt(after: JobWalk | undefined): Promise<{ idle: number; end: JobWalk | undefined; lost: number }> {
    const { database, queue } = this.#context;
    const { jobs, end } = await findIdleJobs(database, this.#idleSeconds, comparedBatchSize, after);
    // Asked together, so that the answers come together.
    const states = await within(answerTimeoutSeconds, Promise.all(jobs.map(({ id }) => queue.getJobState(id))));
    const inState = (state: string) => jobs.filter((_job, index) => states[index] === state);
    for (const job of inState('failed')) await this.#close(job);
    const forgotten = inState('completed');
    await Promise.all(forgotten.map(({ id }) => queue.remove(id)));
    // The record is the truth: what it calls unfinished runs again even where the queue remembers it as done.
    const lost = [...inState('unknown'), ...forgotten];
    await addToQueue(queue, lost, answerTimeoutSeconds);
    await this.#mark(lost);
    return { idle: jobs.length, end: end ?? after, lost: lost.length };
  }

  async #mark(jobs: readonly Pick<JobRecord, 'id'>[]): Promise<void> {
    if (jobs.length === 0) return;
    const ids = jobs.map(({ id }) => id);
    await markQueued(this.#context.database, ids);
  }

  /** A job has failed in the queue alone when one worker after another died while running it. */
  async #close({ id }: Pick<JobRecord, 'id'>): Promise<void> {
    const { database, queue } = this.#context;
    const reason = (await queue.getJob(id))?.failedReason ?? 'given up by the queue';
    const parent = await markFailed(database, id, reason, 'worker_lost');
    if (parent) await handOver(this.#context, [parent]);
  }
}
