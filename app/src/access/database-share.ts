import type { Database, DatabaseClient, Queryable } from '../database/pool';
import type { DatabasePulse } from '../database/pulse';

const waitMilliseconds = 1_000;
/** Requests of one key that wait, for each of its places. */
const mostWaitingPerPlace = 20;

/** Requests of one key ask the database more than they may at a time; the message says what to do. */
export class TooManyQueries extends Error {}

/** Settings of the shares of all keys. */
interface ShareSettings {
  database: Database;
  pulse: DatabasePulse;
  /** Statements and transactions one key may have under way. */
  places: number;
}

/** What one API key may have of the database at a time, so that no key keeps the others from it. */
class DatabaseShare implements Database {
  readonly #settings: ShareSettings;
  readonly #waiting: (() => void)[] = [];
  #taken = 0;

  constructor(settings: ShareSettings) {
    this.#settings = settings;
  }

  async query<Row>(...statement: Parameters<Queryable['query']>) {
    const { database, pulse } = this.#settings;
    await this.#enter();
    try {
      return await pulse.while(() => database.query<Row>(...statement));
    } finally {
      this.#leave();
    }
  }

  async connect(): Promise<DatabaseClient> {
    const { database, pulse } = this.#settings;
    await this.#enter();
    const connecting = database.connect();
    try {
      const client = await pulse.while(() => connecting);
      return {
        query: (...statement) => pulse.while(() => client.query(...statement)),
        release: (error) => {
          client.release(error);
          this.#leave();
        },
      };
    } catch (error) {
      // A connection nobody waits for any more.
      connecting.then(
        (client) => client.release(),
        () => undefined,
      );
      this.#leave();
      throw error;
    }
  }

  /** Waits for a place, the first come first. @throws TooManyQueries when none comes free in time */
  async #enter(): Promise<void> {
    const { places } = this.#settings;
    if (this.#taken < places) {
      this.#taken++;
      return;
    }
    if (this.#waiting.length >= places * mostWaitingPerPlace) throw this.#refusal();
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiting.splice(this.#waiting.indexOf(proceed), 1);
        reject(this.#refusal());
      }, waitMilliseconds);
      const proceed = () => {
        clearTimeout(timer);
        resolve();
      };
      this.#waiting.push(proceed);
    });
  }

  #leave(): void {
    const next = this.#waiting.shift();
    if (next) next();
    else this.#taken--;
  }

  #refusal(): TooManyQueries {
    const { places } = this.#settings;
    return new TooManyQueries(
      `requests of this key that are under way ask the database ${places} questions, the most allowed at a time; make fewer at once`,
    );
  }
}

/** The shares of the API keys; there are no more of them than valid keys. */
export class DatabaseShares {
  readonly #settings: ShareSettings;
  readonly #shares = new Map<string, DatabaseShare>();

  constructor(settings: ShareSettings) {
    this.#settings = settings;
  }

  /** The database, for the requests of one key. */
  of(keyId: string): Database {
    let share = this.#shares.get(keyId);
    if (!share) {
      share = new DatabaseShare(this.#settings);
      this.#shares.set(keyId, share);
    }
    return share;
  }
}
