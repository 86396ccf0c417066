import type { Database } from '../database/pool';
import { sql } from '../database/sql';
import { SourceError } from './source-error';

const failuresUntilClosed = 5;
const closedSeconds = 60;

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
 * whether it is left alone after failures (circuit breaker).
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
   * @throws SourceError of kind `closed` while the interface is left alone
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
             closed_until = CASE WHEN known.closed_until IS NOT NULL THEN now() + make_interval(secs => $5) END
         WHERE (known.closed_until IS NULL OR known.closed_until <= now())
           AND known.tokens + $4 * greatest(0, extract(epoch FROM now() - known.refilled_at)) >= 1
         RETURNING true
       )
       SELECT EXISTS (SELECT FROM granted) AS "isGranted",
              extract(epoch FROM known.closed_until - now())::float8 AS "pauseSeconds",
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
        'closed',
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
           closed_until = CASE WHEN known.failed_at >= now() - make_interval(secs => $3 / 1000.0)
                               THEN known.closed_until END`,
      [this.#key.source, this.#key.api, Math.round(durationMs)],
    );
  }

  /**
   * Records a failure. The interface is left alone for as long as the error asks, and after several failures in a row.
   *
   * @returns whether it is left alone now
   */
  async recordFailure(error: SourceError, durationMs: number): Promise<boolean> {
    const isFault = error.kind === 'network' || error.kind === 'data';
    const { rows } = await this.#database.query<{ isClosed: boolean | null }>(
      sql`INSERT INTO source_api AS known
         (source, api, tokens, consecutive_failures, closed_until, error_kind, error, failed_at, duration_ms)
       VALUES ($1, $2, 0, $3, now() + make_interval(secs => $4), $5, $6, now(), $7)
       ON CONFLICT (source, api) DO UPDATE
       SET consecutive_failures = CASE WHEN $3 = 0 THEN 0 ELSE known.consecutive_failures + 1 END,
           closed_until = greatest(known.closed_until, excluded.closed_until,
             CASE WHEN $3 = 1 AND known.consecutive_failures + 1 >= $8 THEN now() + make_interval(secs => $9) END),
           error_kind = excluded.error_kind, error = excluded.error, failed_at = now(),
           duration_ms = excluded.duration_ms
       RETURNING closed_until > now() AS "isClosed"`,
      [
        this.#key.source,
        this.#key.api,
        isFault ? 1 : 0,
        error.retryAfterSeconds,
        error.kind,
        error.message,
        Math.round(durationMs),
        failuresUntilClosed,
        closedSeconds,
      ],
    );
    return rows[0]?.isClosed ?? false;
  }
}

/** The interfaces that were called so far, and whether each is left alone now. */
export async function listSourceApis(database: Database): Promise<(SourceApiKey & { isClosed: boolean })[]> {
  const { rows } = await database.query<SourceApiKey & { isClosed: boolean }>(
    sql`SELECT source, api, coalesce(closed_until > now(), false) AS "isClosed" FROM source_api ORDER BY source, api`,
  );
  return rows;
}

/**
 * Lets interfaces be called again that are left alone for wrong credentials or missing permissions: a process that
 * starts may bring better ones.
 */
export async function forgetCredentialErrors(database: Database): Promise<void> {
  await database.query(
    sql`UPDATE source_api SET closed_until = NULL WHERE error_kind IN ('auth', 'permission') AND closed_until > now()`,
  );
}
