import type { Logger } from 'pino';
import type { Database } from '../database/pool';
import { type ApiKey, findApiKey, noteUse } from './api-key';

const freshMilliseconds = 5_000;
const outageMilliseconds = 600_000;
const useNotedMilliseconds = 60_000;

interface KnownKey {
  apiKey: ApiKey;
  checkedAt: number;
  useNotedAt: number;
}

/**
 * The API keys in use, remembered for a few seconds so that a request need not ask the database; a revoked key is
 * refused that much later. While the database is down, keys it knew are good for ten minutes.
 */
export class ApiKeyring {
  readonly #database: Database;
  readonly #secretKey: string;
  readonly #logger: Logger;
  readonly #known = new Map<string, KnownKey>();
  readonly #lookups = new Map<string, Promise<ApiKey | undefined>>();

  constructor(database: Database, secretKey: string, logger: Logger) {
    this.#database = database;
    this.#secretKey = secretKey;
    this.#logger = logger;
  }

  /** The valid API key behind the text a client sent; undefined when there is none. */
  async find(key: string): Promise<ApiKey | undefined> {
    const known = this.#known.get(key);
    if (known && Date.now() - known.checkedAt < freshMilliseconds) return known.apiKey;
    let lookup = this.#lookups.get(key);
    if (!lookup) {
      lookup = this.#lookUp(key).finally(() => this.#lookups.delete(key));
      this.#lookups.set(key, lookup);
    }
    return lookup;
  }

  async #lookUp(key: string): Promise<ApiKey | undefined> {
    const known = this.#known.get(key);
    const now = Date.now();
    let apiKey: ApiKey | undefined;
    try {
      apiKey = await findApiKey(this.#database, this.#secretKey, key);
    } catch (error) {
      if (known && now - known.checkedAt < outageMilliseconds) return known.apiKey;
      throw error;
    }
    if (!apiKey) {
      this.#known.delete(key);
      return undefined;
    }
    const isUseNoted = known !== undefined && now - known.useNotedAt < useNotedMilliseconds;
    this.#known.set(key, { apiKey, checkedAt: now, useNotedAt: isUseNoted ? known.useNotedAt : now });
    if (!isUseNoted) {
      noteUse(this.#database, apiKey.id).catch((error) =>
        this.#logger.warn({ err: error }, 'use of an API key not noted'),
      );
    }
    return apiKey;
  }
}
