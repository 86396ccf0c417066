import { setTimeout as sleep } from 'node:timers/promises';
import pRetry, { AbortError } from 'p-retry';
import type { Logger } from 'pino';
import type { Database } from '../database/pool';
import type { Dataset, DatasetRow } from '../market/dataset';
import { sourceDescriptors } from './configured-sources';
import type { SourcePriority } from './priority';
import {
  type Call,
  type Fetched,
  type Fetcher,
  type MarketDataSource,
  type Part,
  type SourceName,
  sourceNames,
} from './source';
import { SourceApi, type SourceApiKey } from './source-api';
import { SourceError } from './source-error';
import type { SourceMetrics } from './source-metrics';

const retries = 2;
const longestWaitSeconds = 10;
const probeMarginSeconds = 5;

interface SourceAccessSettings {
  sources: readonly MarketDataSource[];
  priority: SourcePriority;
  database: Database;
  metrics: SourceMetrics;
  logger: Logger;
  /** Time limit of one request, to the last byte of the answer. */
  requestTimeoutSeconds: number;
  /** Pause before the first retry; the second waits about twice as long. */
  retryPauseSeconds?: number;
}

const has = (name: SourceName, dataset: Dataset): boolean => sourceDescriptors[name].datasets.includes(dataset);

function whyUnavailable(dataset: Dataset, names: readonly SourceName[]): string {
  const reasons = names.map((name) =>
    has(name, dataset) ? `set ${sourceDescriptors[name].neededVariable} to use ${name}` : `${name} does not have it`,
  );
  const having = sourceNames.filter((name) => has(name, dataset));
  return `no source for ${dataset}: ${reasons.join('; ')}; sources that have it: ${having.join(', ')} (SOURCE_PRIORITY)`;
}

/** The way to the sources of market data: which of them to ask, and requests that keep their limits. */
export class SourceAccess {
  readonly #settings: SourceAccessSettings;

  constructor(settings: SourceAccessSettings) {
    this.#settings = settings;
  }

  /**
   * The sources to ask for a dataset, in order.
   *
   * @param wanted one source, or `auto` for those of SOURCE_PRIORITY
   * @throws SourceError of kind `unavailable` when none of them is configured and has the dataset
   */
  candidates(dataset: Dataset, wanted: SourceName | 'auto'): MarketDataSource[] {
    const { sources, priority } = this.#settings;
    const names = wanted === 'auto' ? priority[dataset] : [wanted];
    const found = names.flatMap((name) => sources.filter((source) => source.name === name && source.fetchers[dataset]));
    if (found.length === 0) throw new SourceError('unavailable', whyUnavailable(dataset, names));
    return found;
  }

  /**
   * Asks one source for a part of a dataset. Each request waits for the budget that all processes share, is bounded in
   * time, and is tried again when the network fails.
   *
   * @param signal ends the work; the source is not blamed for that
   * @throws SourceError when the source does not answer as it should, or its breaker is open
   */
  async fetch<D extends Dataset>(
    source: MarketDataSource,
    dataset: D,
    part: Part,
    signal: AbortSignal,
  ): Promise<Fetched<DatasetRow[D]>> {
    const fetcher = source.fetchers[dataset] as Fetcher<DatasetRow[D]> | undefined;
    if (!fetcher) throw new SourceError('unavailable', whyUnavailable(dataset, [source.name]));
    return fetcher.fetch(part, this.#call(source.name, fetcher, signal));
  }

  #call(source: SourceName, { api, callsPerMinute }: Fetcher<unknown>, signal: AbortSignal): Call {
    const { database, requestTimeoutSeconds, retryPauseSeconds = 0.5 } = this.#settings;
    const key = { source, api };
    const state = new SourceApi(database, key, callsPerMinute, requestTimeoutSeconds + probeMarginSeconds);
    return (request) =>
      pRetry(
        async () => {
          await this.#waitForBudget(state, key, signal);
          return this.#attempt(state, key, request, signal);
        },
        {
          retries,
          minTimeout: retryPauseSeconds * 1000,
          randomize: true,
          signal,
          shouldRetry: ({ error }) => error instanceof SourceError && error.kind === 'network',
        },
      );
  }

  async #waitForBudget(state: SourceApi, key: SourceApiKey, signal: AbortSignal): Promise<void> {
    const latest = performance.now() + longestWaitSeconds * 1000;
    for (;;) {
      const waitSeconds = await state.takeCall();
      if (waitSeconds === 0) return;
      this.#settings.metrics.rateLimited.inc({ ...key });
      if (performance.now() + waitSeconds * 1000 > latest) {
        const message = `${key.source} ${key.api}: our budget of calls a minute is used up`;
        throw new SourceError('rate_limit', message, Math.ceil(waitSeconds));
      }
      await sleep(waitSeconds * 1000, undefined, { signal }).catch(() => signal.throwIfAborted());
    }
  }

  /** Makes one request and records its outcome. */
  async #attempt<T>(
    state: SourceApi,
    key: SourceApiKey,
    request: (signal: AbortSignal) => Promise<T>,
    signal: AbortSignal,
  ): Promise<T> {
    const { metrics, requestTimeoutSeconds } = this.#settings;
    const timeout = AbortSignal.timeout(requestTimeoutSeconds * 1000);
    const started = performance.now();
    const elapsedMs = () => performance.now() - started;
    const stopTimer = metrics.duration.startTimer({ ...key });
    const result = await request(AbortSignal.any([signal, timeout])).then(
      (answer) => ({ answer }),
      (cause: unknown) => ({ cause }),
    );
    stopTimer();
    if ('answer' in result) {
      metrics.requests.inc({ ...key, outcome: 'ok' });
      await state.recordAnswer(elapsedMs());
      return result.answer;
    }
    if (signal.aborted) {
      metrics.requests.inc({ ...key, outcome: 'aborted' });
      throw signal.reason;
    }
    const error = this.#errorOf(result.cause, key, timeout);
    metrics.requests.inc({ ...key, outcome: error.kind });
    this.#settings.logger.warn({ ...key, kind: error.kind, err: error }, 'request to a source failed');
    if (error.kind === 'request') {
      await state.recordAnswer(elapsedMs());
      throw error;
    }
    const isOpen = await state.recordFailure(error, elapsedMs());
    throw isOpen ? new AbortError(error) : error;
  }

  #errorOf(cause: unknown, { source, api }: SourceApiKey, timeout: AbortSignal): SourceError {
    if (timeout.aborted) {
      const message = `${source} ${api}: no answer within ${this.#settings.requestTimeoutSeconds} s`;
      return new SourceError('network', message);
    }
    if (cause instanceof SourceError) {
      return new SourceError(cause.kind, `${source} ${api}: ${cause.message}`, cause.retryAfterSeconds);
    }
    throw cause;
  }
}
