import { setImmediate, setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Database } from './pool';
import { sql } from './sql';

const pauseSeconds = 0.5;
const answerSeconds = 1.75;
/** One late answer may be a busy moment of the database. */
const missedBeats = 2;

/** PostgreSQL does not answer. Whoever gets this has not waited for their own statement to find out. */
export class DatabaseAway extends Error {
  constructor() {
    super('the database does not answer');
  }
}

/**
 * Knows whether PostgreSQL answers, by asking it twice a second over a connection that no other work keeps busy. A server
 * that takes connections and says nothing is thereby noticed within five seconds, however long statements may take.
 */
export class DatabasePulse {
  readonly #database: Database;
  readonly #logger: Logger;
  readonly #stopping = new AbortController();
  readonly #waiting = new Set<(error: DatabaseAway) => void>();
  #missed = 0;

  /** @param database connections that are not those of the work */
  constructor(database: Database, logger: Logger) {
    this.#database = database;
    this.#logger = logger;
  }

  get isAway(): boolean {
    return this.#missed >= missedBeats;
  }

  /** Asks until told to stop. */
  async run(): Promise<void> {
    while (!this.#stopping.signal.aborted) {
      await this.#beat();
      // The second question decides, so it is asked at once.
      if (this.#missed === 1) continue;
      await sleep(pauseSeconds * 1000, undefined, { signal: this.#stopping.signal, ref: false }).catch(() => undefined);
    }
  }

  stop(): void {
    this.#stopping.abort();
  }

  /**
   * The result of the work, unless the database goes away first: the work itself goes on, and nobody waits for it.
   *
   * @throws DatabaseAway at once while the database is away
   */
  while<T>(work: () => Promise<T>): Promise<T> {
    if (this.isAway) return Promise.reject(new DatabaseAway());
    return new Promise<T>((resolve, reject) => {
      this.#waiting.add(reject);
      (async () => work())()
        .then(resolve, reject)
        .finally(() => this.#waiting.delete(reject));
    });
  }

  async #ask(): Promise<void> {
    const asked = this.#database.query(sql`SELECT 1`);
    const late = sleep(answerSeconds * 1000, undefined, { ref: false })
      // A process that was busy itself reads first what has arrived meanwhile.
      .then(() => setImmediate())
      .then(() => {
        throw new DatabaseAway();
      });
    await Promise.race([asked, late]);
  }

  async #beat(): Promise<void> {
    try {
      await this.#ask();
      if (this.isAway) this.#logger.warn('the database answers again');
      this.#missed = 0;
    } catch (error) {
      if (this.#stopping.signal.aborted) return;
      this.#missed++;
      if (this.#missed !== missedBeats) return;
      this.#logger.error({ err: error }, 'the database does not answer');
      for (const reject of this.#waiting) reject(new DatabaseAway());
      this.#waiting.clear();
    }
  }
}
