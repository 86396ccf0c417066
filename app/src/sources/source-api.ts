import { moment } from '../database/json-rows';
import type { Database } from '../database/pool';
import { sql } from '../database/sql';
import { SourceError } from './source-error';

const failuresUntilOpen = 5;
const openSeconds = 60;

/**
 * A bucket of tokens, one for each call. It holds a tenth of a minute's calls and refills so that no 60 seconds ever
 * see more than the limit.
 */
function bucketOf(callsPerMinute: number): { capacity: number; tokensPerSecond: number } {
  const capacity = Math.max(1, Math.floor(callsPerMinute / 10));
  return { capacity, tokensPerSecond: (callsPerMinute - capacity + 1) / 60 };
}

export interface SourceApiKey {
  source: string;
  /** The interface upstream, by its own name. */
  api: string;
}

/**
 * One interface of one source, as all processes know it from the table source_api: what is left of its budget, and
 * whether its circuit breaker is open, so that no call is made.
 */
export class SourceApi {
  readonly #database: Database;
  readonly #key: SourceApiKey;
  readonly #bucket: ReturnType<typeof bucketOf>;
  readonly #probeSeconds: number;

  /** @param probeSeconds how long the first call after a pause may take before another one is let through */
  constructor(database: Database, key: SourceApiKey, callsPerMinute: number, probeSeconds: number) {
    this.#database = database;
    this.#key = key;
    this.#bucket = bucketOf(callsPerMinute);
    this.#probeSeconds = probeSeconds;
  }

  /**
   * Takes one call from the budget. When a pause has ended, one caller gets it and the others are refused until its
   * outcome is recorded.
   *
   * @returns 0 when the call may be made now; otherwise nothing is taken, and it is worth asking again in so many seconds
   * @throws SourceError of kind `breaker_open` while the breaker is open
   */
  async takeCall(): Promise<number> {
    const { source, api } = this.#key;
    const { capacity, tokensPerSecond } = this.#bucket;
    const { rows } = await this.#database.query<{
      isGranted: boolean;
      pauseSeconds: number | null;
      waitSeconds: number | null;
      error: string | null;
    }>(
      sql`WITH granted AS (
         INSERT INTO source_api AS known (source, api, tokens)
         VALUES ($1, $2, $3::float8 - 1)
         ON CONFLICT (source, api) DO UPDATE
         SET tokens = least($3, known.tokens + $4 * greatest(0, extract(epoch FROM now() - known.refilled_at))) - 1,
             refilled_at = greatest(known.refilled_at, now()),
             open_until = CASE WHEN known.open_until IS NOT NULL THEN now() + make_interval(secs => $5) END
         WHERE (known.open_until IS NULL OR known.open_until <= now())
           AND known.tokens + $4 * greatest(0, extract(epoch FROM now() - known.refilled_at)) >= 1
         RETURNING true
       )
       SELECT EXISTS (SELECT FROM granted) AS "isGranted",
              extract(epoch FROM known.open_until - now())::float8 AS "pauseSeconds",
              ((1 - known.tokens) / $4 - extract(epoch FROM now() - known.refilled_at))::float8 AS "waitSeconds",
              known.error
       FROM (SELECT) AS always LEFT JOIN source_api AS known ON known.source = $1 AND known.api = $2`,
      [source, api, capacity, tokensPerSecond, this.#probeSeconds],
    );
    const { isGranted, pauseSeconds, waitSeconds, error } = rows[0] as (typeof rows)[number];
    if (isGranted) return 0;
    if (pauseSeconds !== null && pauseSeconds > 0) {
      const seconds = Math.ceil(pauseSeconds);
      throw new SourceError(
        'breaker_open',
        `${source} ${api} is not called for another ${seconds} s, after: ${error}`,
        seconds,
      );
    }
    // Not above 0 where another process took the last call after this statement had read the row.
    return Math.max(waitSeconds ?? 0, 0.001);
  }

  /** Records that the source answered, be it to refuse what was asked: the interface works. */
  async recordAnswer(durationMs: number): Promise<void> {
    // An answer to a request from before a failure says nothing about the time after it.
    await this.#database.query(
      sql`INSERT INTO source_api AS known (source, api, tokens, succeeded_at, duration_ms)
       VALUES ($1, $2, 0, now(), $3)
       ON CONFLICT (source, api) DO UPDATE
       SET consecutive_failures = 0, succeeded_at = now(), duration_ms = excluded.duration_ms,
           open_until = CASE WHEN known.failed_at >= now() - make_interval(secs => $3 / 1000.0)
                               THEN known.open_until END`,
      [this.#key.source, this.#key.api, Math.round(durationMs)],
    );
  }

  /**
   * Records a failure. The breaker opens for as long as the error asks, and after several failures in a row.
   *
   * @returns whether the breaker is open now
   */
  async recordFailure(error: SourceError, durationMs: number): Promise<boolean> {
    const isFault = error.kind === 'network' || error.kind === 'data';
    const { rows } = await this.#database.query<{ isOpen: boolean | null }>(
      sql`INSERT INTO source_api AS known
         (source, api, tokens, consecutive_failures, open_until, error_kind, error, failed_at, duration_ms)
       VALUES ($1, $2, 0, $3, now() + make_interval(secs => $4), $5, $6, now(), $7)
       ON CONFLICT (source, api) DO UPDATE
       SET consecutive_failures = CASE WHEN $3 = 0 THEN 0 ELSE known.consecutive_failures + 1 END,
           open_until = greatest(known.open_until, excluded.open_until,
             CASE WHEN $3 = 1 AND known.consecutive_failures + 1 >= $8 THEN now() + make_interval(secs => $9) END),
           error_kind = excluded.error_kind, error = excluded.error, failed_at = now(),
           duration_ms = excluded.duration_ms
       RETURNING open_until > now() AS "isOpen"`,
      [
        this.#key.source,
        this.#key.api,
        isFault ? 1 : 0,
        error.retryAfterSeconds,
        error.kind,
        error.message,
        Math.round(durationMs),
        failuresUntilOpen,
        openSeconds,
      ],
    );
    return rows[0]?.isOpen ?? false;
  }
}

/** The interfaces that were called so far, and whether the breaker of each is open now. */
export async function listSourceApis(database: Database): Promise<(SourceApiKey & { isOpen: boolean })[]> {
  const { rows } = await database.query<SourceApiKey & { isOpen: boolean }>(
    sql`SELECT source, api, coalesce(open_until > now(), false) AS "isOpen" FROM source_api ORDER BY source, api`,
  );
  return rows;
}

/**
 * Closes the breakers that wrong credentials or missing permissions opened: a process that starts may bring better
 * ones.
 */
export async function forgetCredentialErrors(database: Database): Promise<void> {
  await database.query(
    sql`UPDATE source_api SET open_until = NULL WHERE error_kind IN ('auth', 'permission') AND open_until > now()`,
  );
}

const apisBySource = sql`
  SELECT source, json_agg(json_build_object(
    'api', api,
    'breaker', CASE WHEN open_until > now() THEN 'open' ELSE 'closed' END,
    'open_until', ${moment(sql`open_until`)}, 'consecutive_failures', consecutive_failures, 'error_kind', error_kind,
    'error', error, 'failed_at', ${moment(sql`failed_at`)}, 'succeeded_at', ${moment(sql`succeeded_at`)}, 'duration_ms', duration_ms,
    'budget', json_build_object('calls', tokens, 'counted_at', ${moment(sql`refilled_at`)})
  ) ORDER BY api) AS apis
  FROM source_api GROUP BY source`;

/** How each interface of each source does, for answers; sources that were never called are left out. */
export async function describeSourceApis(database: Database): Promise<ReadonlyMap<string, unknown[]>> {
  const { rows } = await database.query<{ source: string; apis: unknown[] }>(apisBySource);
  return new Map(rows.map(({ source, apis }) => [source, apis]));
}
