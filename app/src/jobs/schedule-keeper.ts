import type { Logger } from 'pino';
import { clockAheadSeconds, clockToleranceSeconds } from '../database/clock';
import type { Database } from '../database/pool';
import { within } from '../runtime/within';
import { describeFaults, findScheduleFaults, removeOldSchedules, setSchedules } from './installed-schedules';
import type { JobQueue } from './queue';
import type { ScheduleName } from './schedules';

const answerSeconds = 10;
const correctAgainMilliseconds = 10 * 60_000;

/**
 * Keeps the schedules in the queue as they should be, whatever becomes of the queue. Any number of keepers may run at a time:
 * what is as it should be is not touched, and setting a schedule twice is the same as once.
 */
export class ScheduleKeeper {
  readonly #queue: JobQueue;
  readonly #database: Database;
  readonly #logger: Logger;
  readonly #correctedAt = new Map<ScheduleName, number>();

  constructor(queue: JobQueue, database: Database, logger: Logger) {
    this.#queue = queue;
    this.#database = database;
    this.#logger = logger;
  }

  /**
   * Asks the queue for the schedules and sets those that are not as they should be.
   *
   * @throws Error when the queue fails or does not answer
   */
  async keep(): Promise<void> {
    await within(answerSeconds, this.#keep());
  }

  async #keep(): Promise<void> {
    await removeOldSchedules(this.#queue);
    const faults = await findScheduleFaults(this.#queue);
    if (faults.size === 0) return;
    const late = [...faults].filter(([, fault]) => fault === 'late').map(([name]) => name);
    for (const name of await this.#notToCorrect(late)) faults.delete(name);
    await setSchedules(this.#queue, faults.keys());
    if (faults.size > 0) this.#logger.warn({ schedules: describeFaults(faults) }, 'schedules set again');
  }

  /**
   * Which late schedules to leave: all while this clock is not to be trusted, and those just corrected. Whoever runs them
   * makes them late again, its clock being ahead, and would run them at every correction.
   */
  async #notToCorrect(late: readonly ScheduleName[]): Promise<readonly ScheduleName[]> {
    if (late.length === 0) return late;
    const aheadSeconds = await clockAheadSeconds(this.#database);
    if (Math.abs(aheadSeconds) > clockToleranceSeconds) {
      this.#logger.error(
        { schedules: late, ahead_seconds: aheadSeconds },
        'schedules seem late, but this clock is wrong',
      );
      return late;
    }
    const now = performance.now();
    const again = late.filter((name) => now - (this.#correctedAt.get(name) ?? -Infinity) < correctAgainMilliseconds);
    for (const name of late) if (!again.includes(name)) this.#correctedAt.set(name, now);
    if (again.length > 0)
      this.#logger.error({ schedules: again }, 'schedules late again: is the clock of a worker ahead?');
    return again;
  }
}
