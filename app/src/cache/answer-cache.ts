import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { Redis } from 'ioredis';
import type { Logger } from 'pino';
import type { Environment } from '../runtime/env';
import { type RedisAddress, redisConnection } from '../runtime/redis-connection';

const commandTimeoutMilliseconds = 250;
const connectTimeoutMilliseconds = 2_000;
/** After this a server that takes commands and says nothing counts as gone; then no question waits for it any more. */
const silenceMilliseconds = 1_000;
const keepAliveMilliseconds = 10_000;
/** Above any answer there is; a larger one would push many others out. */
const mostBytes = 8 * 1_048_576;
/** How long an answer outlives its freshness, to be served while the database is down. */
const staleSeconds = 86_400;
const versionSeconds = 2 * staleSeconds;
const keysPerScan = 1000;

const versionKey = (subject: string) => `version:${subject}`;
/** Never one that was there before, so that no answer comes to count again after Redis lost or evicted the version. */
const newVersion = () => `${Date.now()}${String(randomInt(1_000_000)).padStart(6, '0')}`;
const answerKey = (key: string) => `answer:${key}`;

/** An answer as the bytes that are sent, without what differs from one request to the next. */
export interface Answer {
  body: Buffer;
  /** Hash of the body. */
  etag: string;
  nextCursor: string | null;
  /** When the database was asked, in milliseconds since 1970. */
  readAt: number;
}

/** What the cache knows of a question. */
export interface CacheLookup {
  /** To store a new answer under. */
  version: string;
  answer: Answer | undefined;
  /** Whether the answer still counts; one that does not is only for a database that is down. */
  isCurrent: boolean;
}

// An answer is stored behind one line: version, end of freshness, time of reading, hash and cursor.
const noCursor = '-';

function encode(version: string, freshUntil: number, { body, etag, nextCursor, readAt }: Answer): Buffer {
  return Buffer.concat([Buffer.from(`${version} ${freshUntil} ${readAt} ${etag} ${nextCursor ?? noCursor}\n`), body]);
}

function decode(stored: Buffer): { version: string; freshUntil: number; answer: Answer } {
  const end = stored.indexOf(10);
  const [version = '', freshUntil, readAt, etag = '', nextCursor = noCursor] = stored
    .toString('latin1', 0, end)
    .split(' ');
  return {
    version,
    freshUntil: Number(freshUntil),
    answer: {
      body: stored.subarray(end + 1),
      etag,
      nextCursor: nextCursor === noCursor ? null : nextCursor,
      readAt: Number(readAt),
    },
  };
}

/**
 * Answers kept in Redis. Each is about a subject, a symbol or a whole market, and stamped with the subject's version;
 * an ingest changes the version, and older answers no longer count. Where Redis fails, nothing is found and nothing is
 * kept, and the caller goes on without it.
 */
export class AnswerCache {
  readonly #redis: Redis;
  readonly #logger: Logger;

  constructor(address: RedisAddress, logger: Logger) {
    this.#logger = logger;
    this.#redis = new Redis({
      ...redisConnection(address),
      commandTimeout: commandTimeoutMilliseconds,
      connectTimeout: connectTimeoutMilliseconds,
      socketTimeout: silenceMilliseconds,
      keepAlive: keepAliveMilliseconds,
      // Without a connection a command fails at once: the database answers sooner than Redis comes back.
      enableOfflineQueue: false,
      maxRetriesPerRequest: 0,
      // Questions of requests that arrive together go out together.
      enableAutoPipelining: true,
    });
    this.#redis.on('error', (error) => logger.warn({ err: error }, 'cache'));
  }

  /** Resolves once it is connected. @throws the error of the first attempt that fails */
  async connected(): Promise<void> {
    if (this.#redis.status !== 'ready') await once(this.#redis, 'ready');
  }

  /** Resolves once the cache answers. */
  async ping(): Promise<void> {
    await this.#redis.ping();
  }

  /** What is stored under the key about the subject; null when Redis fails. */
  async find(subject: string, key: string): Promise<CacheLookup | null> {
    try {
      const [stamp, stored] = await this.#redis.mgetBuffer(versionKey(subject), answerKey(key));
      const version = stamp?.toString('latin1') ?? (await this.#firstVersion(subject));
      if (!stored) return { version, answer: undefined, isCurrent: false };
      const found = decode(stored);
      return { version, answer: found.answer, isCurrent: found.version === version && Date.now() < found.freshUntil };
    } catch {
      return null;
    }
  }

  /**
   * @param version as `find` gave it before the database was asked
   * @param seconds how long the answer is fresh, give or take a tenth, so that answers stored together do not end together
   */
  async store(key: string, version: string, answer: Answer, seconds: number): Promise<void> {
    if (answer.body.length > mostBytes) return;
    const freshSeconds = seconds * (0.9 + Math.random() * 0.2);
    const record = encode(version, Math.round(Date.now() + freshSeconds * 1000), answer);
    await this.#redis.set(answerKey(key), record, 'EX', Math.ceil(freshSeconds) + staleSeconds).catch(() => undefined);
  }

  /** Makes every stored answer about the symbols, and about the whole market, out of date. */
  async invalidate(symbols: readonly string[]): Promise<void> {
    if (symbols.length > 0) await this.#changeVersions([...symbols, marketSubject]);
  }

  /** Makes every stored answer about the current session out of date. */
  async invalidateQuotes(): Promise<void> {
    await this.#changeVersions([quotesSubject]);
  }

  async #firstVersion(subject: string): Promise<string> {
    const version = newVersion();
    // Of several that ask for the first time, one decides.
    return (await this.#redis.set(versionKey(subject), version, 'EX', versionSeconds, 'NX', 'GET')) ?? version;
  }

  async #changeVersions(subjects: readonly string[]): Promise<void> {
    const pipeline = this.#redis.pipeline();
    for (const subject of subjects) pipeline.set(versionKey(subject), newVersion(), 'EX', versionSeconds);
    await pipeline.exec().catch((error) => {
      this.#logger.warn({ err: error }, 'cached answers not invalidated; they expire within a day');
    });
  }

  /**
   * Removes the answers whose keys match; nothing else in Redis is touched.
   *
   * @param pattern of Redis' MATCH, such as `daily:*`
   * @returns how many there were
   * @throws Error when Redis fails
   */
  async remove(pattern: string): Promise<number> {
    let removed = 0;
    for await (const keys of this.#redis.scanStream({ match: answerKey(pattern), count: keysPerScan })) {
      if (keys.length > 0) removed += await this.#redis.unlink(...(keys as string[]));
    }
    return removed;
  }

  close(): void {
    this.#redis.disconnect();
  }
}

/** Subject of answers about many stocks at once. */
export const marketSubject = 'market';
/** Subject of answers about the current session. */
export const quotesSubject = 'quotes';

/** The cache, where the environment names one. */
export function openAnswerCache(
  { REDIS_URL, REDIS_PASSWORD, REDIS_CA }: Pick<Environment, 'REDIS_URL' | 'REDIS_PASSWORD' | 'REDIS_CA'>,
  logger: Logger,
): AnswerCache | undefined {
  return REDIS_URL ? new AnswerCache({ url: REDIS_URL, password: REDIS_PASSWORD, ca: REDIS_CA }, logger) : undefined;
}
