import type { Logger } from 'pino';
import type { Database } from '../database/pool';
import { sql } from '../database/sql';
import { quoteJson } from './quotes';

const pollMilliseconds = 1_000;

/** A quote that changed in the collection of the given number. */
export interface QuoteChange {
  symbol: string;
  batch: string;
  json: string;
}

/** Somebody who follows the quotes of some stocks. */
export interface Subscriber {
  symbols: ReadonlySet<string>;
  /** The last collection they know; -1 for none. */
  batch: bigint;
  /** Gets changes in order of collection, then symbol. */
  receive(changes: readonly QuoteChange[]): void;
}

/**
 * Tells subscribers which quotes changed. While there are any, the database is asked once a second for all of them
 * together; a new subscriber gets what changed since the last collection it knows.
 */
export class QuoteFeed {
  readonly #database: Database;
  readonly #logger: Logger;
  readonly #subscribers = new Set<Subscriber>();
  #timer: NodeJS.Timeout | undefined;
  #isPolling = false;

  constructor(database: Database, logger: Logger) {
    this.#database = database;
    this.#logger = logger;
  }

  /** @returns ends the subscription */
  subscribe(subscriber: Subscriber): () => void {
    this.#subscribers.add(subscriber);
    this.#timer ??= setInterval(() => this.#poll(), pollMilliseconds);
    this.#poll();
    return () => {
      this.#subscribers.delete(subscriber);
      if (this.#subscribers.size > 0) return;
      clearInterval(this.#timer);
      this.#timer = undefined;
    };
  }

  async #poll(): Promise<void> {
    if (this.#isPolling) return;
    this.#isPolling = true;
    try {
      const asked = [...this.#subscribers];
      const symbols = [...new Set(asked.flatMap((subscriber) => [...subscriber.symbols]))];
      const since = asked.reduce((least, { batch }) => (batch < least ? batch : least), asked[0]?.batch ?? 0n);
      const { rows } = await this.#database.query<QuoteChange>({
        name: 'changed-quotes',
        text: sql`SELECT symbol, batch, ${quoteJson} AS json FROM quote WHERE symbol = ANY($1) AND batch > $2 ORDER BY batch, symbol`,
        values: [symbols, since],
      });
      for (const subscriber of asked) this.#tell(subscriber, rows);
    } catch (error) {
      this.#logger.warn({ err: error }, 'quotes not read; subscribers get them later');
    } finally {
      this.#isPolling = false;
    }
  }

  #tell(subscriber: Subscriber, rows: readonly QuoteChange[]): void {
    const news = rows.filter(({ symbol, batch }) => subscriber.symbols.has(symbol) && BigInt(batch) > subscriber.batch);
    const last = news.at(-1);
    if (!last || !this.#subscribers.has(subscriber)) return;
    subscriber.batch = BigInt(last.batch);
    subscriber.receive(news);
  }
}
