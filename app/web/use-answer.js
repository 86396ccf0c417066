import { useCallback, useEffect, useState } from 'preact/hooks';
import { ApiError } from './api-client.js';

/** @import {ApiClient, Answer} from './api-client.js' */

/**
 * What a request has brought so far: the last answer stays while a later one fails.
 *
 * @template Data
 * @typedef {{answer?: Answer<Data>, answeredAt?: string, error?: ApiError}} Loaded
 */

/**
 * Asks the API for a path, again after every so many seconds, and at once when the page is looked at again.
 *
 * @template Data
 * @param {ApiClient} client
 * @param {string | null} path nothing is asked while it is null
 * @param {number} [refreshSeconds] once only when left out
 * @returns {Loaded<Data> & {retry: () => void}}
 */
export function useAnswer(client, path, refreshSeconds) {
  const [loaded, setLoaded] = useState(/** @type {Loaded<Data> & {path: string | null}} */ ({ path }));
  const [attempt, setAttempt] = useState(0);
  const retry = useCallback(() => setAttempt((number) => number + 1), []);

  useEffect(() => {
    if (path === null) return;
    const leaving = new AbortController();
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    let timer;
    const ask = async () => {
      clearTimeout(timer);
      let waitSeconds = refreshSeconds;
      try {
        const answer = /** @type {Answer<Data>} */ (await client.get(path, leaving.signal));
        setLoaded({ path, answer, answeredAt: new Date().toISOString() });
      } catch (error) {
        if (leaving.signal.aborted) return;
        if (!(error instanceof ApiError)) throw error;
        setLoaded((before) => ({ ...(before.path === path ? before : { path }), error }));
        waitSeconds = refreshSeconds && Math.max(refreshSeconds, error.retryAfterSeconds ?? 0);
      }
      if (waitSeconds && !leaving.signal.aborted) timer = setTimeout(askWhenSeen, waitSeconds * 1000);
    };
    const askWhenSeen = () => {
      if (!document.hidden) return ask();
      document.addEventListener('visibilitychange', askWhenSeen, { once: true, signal: leaving.signal });
    };
    ask();
    return () => {
      clearTimeout(timer);
      leaving.abort();
    };
  }, [client, path, refreshSeconds, attempt]);

  // What another path brought must not be shown for this one.
  return { ...(loaded.path === path ? loaded : {}), retry };
}
