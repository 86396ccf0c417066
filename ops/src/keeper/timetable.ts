import type { Logger } from 'pino';
import { isDue } from './schedule';

/** What is done at its times. */
export interface Task {
  name: string;
  schedule: string;
  /** Is asked in every round, and may tell of it in metrics. */
  lastDone(): Promise<Date | undefined>;
  /** What it has to wait for, where it has to: that is no failure. */
  waitsFor?(): Promise<string | undefined>;
  run(): Promise<unknown>;
}

/** What failed is tried again, long before its next time. */
const retryMilliseconds = 10 * 60_000;

/** Does tasks when they are due: a time that was missed is caught up, what was never done is done at once. */
export class Timetable {
  readonly #notBefore = new Map<string, number>();
  readonly #waiting = new Set<string>();

  constructor(
    readonly logger: Logger,
    readonly signal: AbortSignal,
    /** Milliseconds since 1970. */
    readonly clock: () => number = Date.now,
  ) {}

  /**
   * Does a task if it is due. What fails is told, and tried again in ten minutes.
   *
   * @returns whether anything was tried
   */
  async attend(task: Task): Promise<boolean> {
    let lastDone: Date | undefined;
    try {
      lastDone = await task.lastDone();
    } catch (error) {
      // A server that is away is no attempt that failed: once it is there again, nothing has to wait.
      if (!this.signal.aborted) this.logger.warn({ err: error }, `when the last ${task.name} was cannot be told`);
      return false;
    }
    if ((this.#notBefore.get(task.name) ?? 0) > this.clock()) return false;
    try {
      if (!isDue(task.schedule, lastDone, new Date(this.clock()))) return false;
      if (await this.#hasToWait(task)) return false;
      this.logger.info(`${task.name} begins`);
      await task.run();
    } catch (error) {
      if (this.signal.aborted) return true;
      this.logger.error({ err: error }, `${task.name} failed`);
      this.#notBefore.set(task.name, this.clock() + retryMilliseconds);
    }
    return true;
  }
  /** Says once what a task waits for. */
  async #hasToWait({ name, waitsFor }: Task): Promise<boolean> {
    const missing = await waitsFor?.();
    if (missing === undefined) return false;
    if (!this.#waiting.has(name)) this.logger.info(`${name} waits for ${missing}`);
    this.#waiting.add(name);
    return true;
  }
}
