import type { Logger } from 'pino';
import type { Database } from '../database/pool';
import { within } from '../runtime/within';
import { readNewSymbols } from './new-symbols';
import { parseSymbol } from './symbol';

const refreshMilliseconds = 60_000;
const retryMilliseconds = 5_000;
/** No request waits longer for the list. */
const readSeconds = 1;

/** A stock as it was asked for, and the symbol its data stands under. */
export interface ResolvedSymbol {
  symbol: string;
  /** Says that the stock was renumbered, where it was asked for by its old symbol. */
  warnings: string[];
}

/**
 * Finds the symbols that renumbered stocks have now. The list is read at most once a minute; while the database is
 * down the last one counts.
 */
export class SymbolResolver {
  readonly #database: Database;
  readonly #logger: Logger;
  #newSymbols: ReadonlyMap<string, string> | undefined;
  #refreshAt = 0;
  #reading: Promise<void> | undefined;

  constructor(database: Database, logger: Logger) {
    this.#database = database;
    this.#logger = logger;
  }

  /** @throws SymbolError when the text names none */
  async resolve(text: string): Promise<ResolvedSymbol> {
    const asked = parseSymbol(text);
    if (Date.now() >= this.#refreshAt) this.#reading ??= this.#read();
    if (!this.#newSymbols) await this.#reading;
    const symbol = this.#newSymbols?.get(asked);
    if (!symbol) return { symbol: asked, warnings: [] };
    return { symbol, warnings: [`${asked} was renumbered ${symbol}; the data is that of ${symbol}`] };
  }

  async #read(): Promise<void> {
    try {
      this.#newSymbols = await within(readSeconds, readNewSymbols(this.#database));
      this.#refreshAt = Date.now() + refreshMilliseconds;
    } catch (error) {
      this.#logger.warn({ err: error }, 'renumbered symbols not read');
      this.#refreshAt = Date.now() + retryMilliseconds;
    } finally {
      this.#reading = undefined;
    }
  }
}
