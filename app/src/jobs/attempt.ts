import { type AttemptStopped, HardTimeLimitExceeded, SoftTimeLimitExceeded } from './job-error';

export interface TimeLimits {
  /** After this an attempt is asked to stop. */
  softTimeLimitSeconds: number;
  /** After this the worker no longer waits for it. */
  hardTimeLimitSeconds: number;
}

/** One attempt at a job: it can be asked to stop, and is left to itself when it does not. */
export class Attempt {
  readonly #limits: TimeLimits;
  readonly #controller = new AbortController();
  #stopReason: AttemptStopped | undefined;
  #graceTimer: NodeJS.Timeout | undefined;
  #giveUp: (reason: AttemptStopped) => void = () => undefined;

  constructor(limits: TimeLimits) {
    this.#limits = limits;
  }

  /** Asks the attempt to stop. It has the time between the soft and the hard limit to do so. */
  stop(reason: AttemptStopped): void {
    if (this.#stopReason) return;
    this.#stopReason = reason;
    const { softTimeLimitSeconds, hardTimeLimitSeconds } = this.#limits;
    this.#graceTimer = setTimeout(
      () => {
        this.#giveUp(
          reason instanceof SoftTimeLimitExceeded ? new HardTimeLimitExceeded(hardTimeLimitSeconds) : reason,
        );
      },
      (hardTimeLimitSeconds - softTimeLimitSeconds) * 1000,
    );
    this.#controller.abort(reason);
  }

  /**
   * Does the work within the limits.
   *
   * @throws AttemptStopped when it was stopped, otherwise what the work throws
   */
  async run<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const { softTimeLimitSeconds } = this.#limits;
    const softTimer = setTimeout(
      () => this.stop(new SoftTimeLimitExceeded(softTimeLimitSeconds)),
      softTimeLimitSeconds * 1000,
    );
    try {
      return await new Promise<T>((resolve, reject) => {
        this.#giveUp = reject;
        work(this.#controller.signal).then(resolve, (error) => reject(this.#stopReason ?? error));
      });
    } finally {
      clearTimeout(softTimer);
      clearTimeout(this.#graceTimer);
    }
  }
}
