import type { Logger } from 'pino';
import type { Database } from '../database/pool';
import { DatabaseAway } from '../database/pulse';
import { within } from '../runtime/within';
import { type ApiKey, findApiKey, noteUse } from './api-key';

const freshMilliseconds = 5_000;
const outageMilliseconds = 600_000;
/** A key that is known need not wait for an answer that is late; the next one counts. */
const patienceSeconds = 0.5;
const lookUpSeconds = 2;
const askAgainMilliseconds = 1_000;
const mostLookUps = 200;
const useNotedMilliseconds = 60_000;

/** More keys are looked up than may be at a time. */
export class TooManyLookUps extends Error {}

interface KnownKey {
  apiKey: ApiKey;
  /** When the database was asked. */
  checkedAt: number;
  /** Until then it is not asked again. */
  goodUntil: number;
  useNotedAt: number;
}

/**
 * The API keys in use, remembered for a few seconds so that a request need not ask the database; a revoked key is
 * refused that much later. While the database does not answer, keys it knew are good for ten minutes: nobody waits for a
 * look-up that hangs.
 */
export class ApiKeyring {
  readonly #database: Database;
  readonly #secretKey: string;
  readonly #formerSecretKey: string | undefined;
  readonly #logger: Logger;
  readonly #known = new Map<string, KnownKey>();
  readonly #lookUps = new Map<string, Promise<ApiKey | undefined>>();

  /**
   * @param database connections that requests do not keep busy
   * @param formerSecretKey the secret key before, by which keys may be proved still
   */
  constructor(database: Database, secretKey: string, logger: Logger, formerSecretKey?: string) {
    this.#database = database;
    this.#secretKey = secretKey;
    this.#formerSecretKey = formerSecretKey;
    this.#logger = logger;
  }

  /**
   * The valid API key behind the text a client sent; undefined when there is none.
   *
   * @throws DatabaseAway, or the error of the database, where it does not answer and the key is not known
   */
  async find(key: string): Promise<ApiKey | undefined> {
    const known = this.#known.get(key);
    if (!known) return this.#lookUpOnce(key);
    const now = Date.now();
    if (now < known.goodUntil) return known.apiKey;
    const lookUp = this.#lookUpOnce(key);
    if (now - known.checkedAt >= outageMilliseconds) return lookUp;
    try {
      return await within(patienceSeconds, lookUp);
    } catch {
      known.goodUntil = Math.min(Date.now() + askAgainMilliseconds, known.checkedAt + outageMilliseconds);
      return known.apiKey;
    }
  }

  #lookUpOnce(key: string): Promise<ApiKey | undefined> {
    const underWay = this.#lookUps.get(key);
    if (underWay) return underWay;
    if (this.#lookUps.size >= mostLookUps) {
      return Promise.reject(new TooManyLookUps('too many unknown API keys are being checked; try again'));
    }
    const lookUp = this.#lookUp(key).finally(() => this.#lookUps.delete(key));
    this.#lookUps.set(key, lookUp);
    return lookUp;
  }

  async #lookUp(key: string): Promise<ApiKey | undefined> {
    const checkedAt = Date.now();
    const asking = findApiKey(this.#database, this.#secretKey, key, this.#formerSecretKey);
    const apiKey = await within(lookUpSeconds, asking, () => new DatabaseAway());
    if (!apiKey) {
      this.#known.delete(key);
      return undefined;
    }
    const useNotedAt = this.#known.get(key)?.useNotedAt ?? 0;
    const isUseNoted = checkedAt - useNotedAt < useNotedMilliseconds;
    this.#known.set(key, {
      apiKey,
      checkedAt,
      goodUntil: checkedAt + freshMilliseconds,
      useNotedAt: isUseNoted ? useNotedAt : checkedAt,
    });
    if (!isUseNoted) {
      noteUse(this.#database, apiKey.id).catch((error) =>
        this.#logger.warn({ err: error }, 'use of an API key not noted'),
      );
    }
    return apiKey;
  }
}
