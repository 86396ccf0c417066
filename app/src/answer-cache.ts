import { Redis } from 'ioredis';
import type { Logger } from 'pino';
import type { Environment } from './env';

const commandTimeoutMilliseconds = 250;

/** Lifetimes of cached answers in seconds, by how often the data behind them changes (the manual's CACHE_TTL). */
export const cacheSeconds = { dailyData: 3600, historicalData: 86400 };

const versionKey = (symbol: string) => `version:${symbol}`;

/**
 * Answers about one symbol, kept in Redis as the bytes that are sent. Each is stamped with the symbol's version; an
 * ingest raises the version, and older answers no longer count. Where Redis fails, nothing is found and nothing is
 * kept, and the caller goes on without it.
 */
export class AnswerCache {
  readonly #redis: Redis;
  readonly #logger: Logger;

  constructor(redisUrl: string, password: string | undefined, logger: Logger) {
    this.#logger = logger;
    this.#redis = new Redis(redisUrl, {
      password,
      commandTimeout: commandTimeoutMilliseconds,
      // Without a connection a command fails at once: the database answers sooner than Redis comes back.
      enableOfflineQueue: false,
      maxRetriesPerRequest: 0,
    });
    this.#redis.on('error', (error) => logger.warn({ err: error }, 'cache'));
  }

  /** Resolves once the cache answers. */
  async ping(): Promise<void> {
    await this.#redis.ping();
  }

  /**
   * @returns the answer when there is a current one, and the version to store a new one under; null when Redis fails
   */
  async find(symbol: string, key: string): Promise<{ answer: string | undefined; version: string } | null> {
    try {
      const [version, stored] = await this.#redis.mget(versionKey(symbol), key);
      const stamp = `${version ?? 0}\n`;
      return { answer: stored?.startsWith(stamp) ? stored.slice(stamp.length) : undefined, version: stamp };
    } catch {
      return null;
    }
  }

  async store(key: string, version: string, answer: string, seconds: number): Promise<void> {
    await this.#redis.set(key, version + answer, 'EX', seconds).catch(() => undefined);
  }

  /** Makes every stored answer about the symbols out of date. */
  async invalidate(symbols: readonly string[]): Promise<void> {
    if (symbols.length === 0) return;
    const pipeline = this.#redis.pipeline();
    for (const symbol of symbols) pipeline.incr(versionKey(symbol));
    await pipeline.exec().catch((error) => {
      this.#logger.warn({ err: error }, 'cached answers not invalidated; they expire within a day');
    });
  }

  close(): void {
    this.#redis.disconnect();
  }
}

/** The cache, where the environment names one. */
export function openAnswerCache(
  environment: Pick<Environment, 'REDIS_URL' | 'REDIS_PASSWORD'>,
  logger: Logger,
): AnswerCache | undefined {
  return environment.REDIS_URL ? new AnswerCache(environment.REDIS_URL, environment.REDIS_PASSWORD, logger) : undefined;
}
