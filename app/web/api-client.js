/**
 * @typedef {'unauthorized' | 'forbidden' | 'not_found' | 'rate_limited' | 'unavailable' | 'network' | 'incomplete' | 'refused' | 'failed'} ApiErrorKind
 */

/**
 * @template Data
 * @typedef {{data: Data, meta: {request_id: string, next_cursor?: string | null, symbol?: string, source?: string | null, fallback_from?: string | null}, warnings: string[]}} Answer
 */

/** A request the API did not answer as asked. */
export class ApiError extends Error {
  /**
   * @param {ApiErrorKind} kind what went wrong, as far as the reader can do something about it
   * @param {string} detail what the API said
   * @param {number} [retryAfterSeconds] when to ask again, where the API said so
   */
  constructor(kind, detail, retryAfterSeconds) {
    super(detail);
    this.kind = kind;
    this.detail = detail;
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

/** @type {Record<number, ApiErrorKind>} */
const kindsByStatus = {
  400: 'refused',
  401: 'unauthorized',
  403: 'forbidden',
  404: 'not_found',
  422: 'incomplete',
  429: 'rate_limited',
  502: 'unavailable',
  503: 'unavailable',
  504: 'unavailable',
};

/**
 * The error behind an answer that is none of 2xx. A gateway may have given it, so its body need not be JSON.
 *
 * @param {Response} response
 */
export async function toApiError(response) {
  const problem = await response.json().catch(() => ({}));
  const retryAfter = Number(response.headers.get('retry-after') ?? Number.NaN);
  return new ApiError(
    kindsByStatus[response.status] ?? 'failed',
    problem.detail ?? `${response.status} ${response.statusText}`.trim(),
    Number.isFinite(retryAfter) ? retryAfter : undefined,
  );
}

// A header takes no other characters; the browser would report them like a broken connection.
const sendableKey = /^[\x21-\x7e]+$/;

/** Asks the API with one key. */
export class ApiClient {
  #key;
  #onUnauthorized;

  /**
   * @param {string} key
   * @param {(error: ApiError) => void} onUnauthorized told when the API does not take the key
   */
  constructor(key, onUnauthorized) {
    this.#key = key;
    this.#onUnauthorized = onUnauthorized;
  }

  /**
   * @template Data
   * @param {string} path with its query
   * @param {AbortSignal} [signal]
   * @returns {Promise<Answer<Data>>}
   * @throws {ApiError}
   */
  async get(path, signal) {
    try {
      return await this.#request(path, signal);
    } catch (error) {
      if (error instanceof ApiError && error.kind === 'unauthorized') this.#onUnauthorized(error);
      throw error;
    }
  }

  /**
   * @param {string} path
   * @param {AbortSignal} [signal]
   */
  async #request(path, signal) {
    if (!sendableKey.test(this.#key)) throw new ApiError('unauthorized', 'the API key has characters that no key has');
    const response = await fetch(path, { headers: { 'x-api-key': this.#key }, signal }).catch((error) => {
      if (signal?.aborted) throw error;
      throw new ApiError('network', error.message);
    });
    if (!response.ok) throw await toApiError(response);
    return response.json();
  }
}
