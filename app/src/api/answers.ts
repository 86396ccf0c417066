import type { FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import type { Answer, AnswerCache } from '../cache/answer-cache';
import type { Question } from '../cache/questions';
import type { HttpMetrics } from './http-metrics';
import { knownProblem } from './known-problem';

/** An answer from the database, and how long it may be given again. */
export interface ReadAnswer extends Answer {
  freshSeconds: number;
}

/** An answer, and where it comes from. */
export interface GivenAnswer extends Answer {
  cached: boolean;
  stale: boolean;
}

interface AnswersContext {
  cache: AnswerCache | undefined;
  metrics: HttpMetrics;
  logger: Logger;
}

/** Answers questions from the cache, and from the database where the cache has no current answer. */
export class Answers {
  readonly #context: AnswersContext;
  readonly #underWay = new Map<string, Promise<Answer>>();

  constructor(context: AnswersContext) {
    this.#context = context;
  }

  /**
   * The same question asked several times at once by one API key is read once. Where reading fails, the last answer is
   * given again, marked as stale.
   *
   * @throws the error of the reading where it is the client's, or there is no last answer
   */
  async give(
    { apiKey }: Pick<FastifyRequest, 'apiKey'>,
    { kind, subject, key }: Question,
    read: () => Promise<ReadAnswer>,
  ): Promise<GivenAnswer> {
    const { cache, metrics, logger } = this.#context;
    const found = await cache?.find(subject, key);
    if (found?.answer && found.isCurrent) {
      metrics.cache.inc({ kind, result: 'hit' });
      return { ...found.answer, cached: true, stale: false };
    }
    try {
      const answer = await this.#readOnce(apiKey?.id, key, read, found?.version);
      if (cache) metrics.cache.inc({ kind, result: found ? 'miss' : 'error' });
      return { ...answer, cached: false, stale: false };
    } catch (error) {
      const problem = knownProblem(error as Error);
      if (!found?.answer || (problem && problem.status < 500)) throw error;
      logger.error({ err: error }, 'answered from the cache with the last answer');
      metrics.cache.inc({ kind, result: 'stale' });
      return { ...found.answer, cached: true, stale: true };
    }
  }

  #readOnce(
    keyId: string | undefined,
    key: string,
    read: () => Promise<ReadAnswer>,
    version: string | undefined,
  ): Promise<Answer> {
    // What was begun before an ingest raised the version does not answer a question asked after; and what waits for the
    // share of one key in the database does not keep others waiting.
    const flight = `${keyId} ${version} ${key}`;
    const underWay = this.#underWay.get(flight);
    if (underWay) return underWay;
    const reading = this.#readAndStore(key, read, version).finally(() => this.#underWay.delete(flight));
    this.#underWay.set(flight, reading);
    return reading;
  }

  async #readAndStore(key: string, read: () => Promise<ReadAnswer>, version: string | undefined): Promise<Answer> {
    const { freshSeconds, ...answer } = await read();
    // The answer does not wait for its copy; one that cannot be kept is read again.
    if (version !== undefined) void this.#context.cache?.store(key, version, answer, freshSeconds);
    return answer;
  }
}
