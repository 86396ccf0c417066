import type { Logger } from 'pino';
import type { Database } from '../database/pool';
import { Attempt, type TimeLimits } from './attempt';
import { JobRevoked } from './job-error';
import { findRevoked } from './job-store';

const revocationPollSeconds = 1;

/** The jobs that a worker is running. While there are any, it asks once a second whether one of them is to be revoked. */
export class ActiveJobs {
  readonly #database: Database;
  readonly #logger: Logger;
  readonly #limits: TimeLimits;
  readonly #attempts = new Map<string, Attempt>();
  #isPolling = false;

  constructor(database: Database, logger: Logger, limits: TimeLimits) {
    this.#database = database;
    this.#logger = logger;
    this.#limits = limits;
  }

  /** Does the work of a job within the time limits, unless the job is revoked. @throws AttemptStopped */
  async run<T>(id: string, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const attempt = new Attempt(this.#limits);
    this.#attempts.set(id, attempt);
    this.#poll();
    try {
      return await attempt.run(work);
    } finally {
      if (this.#attempts.get(id) === attempt) this.#attempts.delete(id);
    }
  }

  #poll(): void {
    if (this.#isPolling) return;
    this.#isPolling = true;
    setTimeout(async () => {
      if (this.#attempts.size > 0) await this.#stopRevoked();
      this.#isPolling = false;
      if (this.#attempts.size > 0) this.#poll();
    }, revocationPollSeconds * 1000).unref();
  }

  async #stopRevoked(): Promise<void> {
    try {
      for (const id of await findRevoked(this.#database, [...this.#attempts.keys()])) {
        this.#attempts.get(id)?.stop(new JobRevoked());
      }
    } catch (error) {
      this.#logger.warn({ err: error }, 'could not ask which jobs are revoked; asking again');
    }
  }
}
