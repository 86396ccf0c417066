import { useCallback, useEffect, useState } from 'preact/hooks';
import { ApiError } from './api-client.js';

/** @import {ApiClient, Answer} from './api-client.js' */

/** Kinds of errors that pass by themselves. */
const passing = ['rate_limited', 'unavailable', 'network', 'failed'];
const retrySeconds = 60;
const shortestRetrySeconds = 5;

/**
 * What was loaded last, and for what; it stays while a later attempt fails.
 *
 * @template Value
 * @typedef {{key: string | null, value?: Value, loadedAt?: string, error?: ApiError}} Loaded
 */

/**
 * When to ask again after an error.
 *
 * @param {ApiError} error
 * @param {number} [refreshSeconds]
 */
function secondsToRetry({ kind, retryAfterSeconds }, refreshSeconds) {
  if (!passing.includes(kind)) return refreshSeconds;
  return Math.max(retryAfterSeconds ?? refreshSeconds ?? retrySeconds, shortestRetrySeconds);
}

/**
 * Loads something, again after every so many seconds, and at once when the page is looked at again. What could not be
 * loaded for a reason that passes is tried again.
 *
 * @template Value
 * @param {(signal: AbortSignal) => Promise<Value>} load
 * @param {ApiClient} client with which it loads
 * @param {string | null} key says what is loaded; nothing while it is null
 * @param {number} [refreshSeconds] once only when left out
 * @returns {Loaded<Value> & {retry: () => void}}
 */
export function useLoaded(load, client, key, refreshSeconds) {
  const [loaded, setLoaded] = useState(/** @type {Loaded<Value>} */ ({ key: null }));
  const [attempt, setAttempt] = useState(0);
  const retry = useCallback(() => setAttempt((number) => number + 1), []);

  useEffect(() => {
    if (key === null) return;
    const leaving = new AbortController();
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    let timer;
    const ask = async () => {
      clearTimeout(timer);
      let waitSeconds = refreshSeconds;
      try {
        const value = await load(leaving.signal);
        if (leaving.signal.aborted) return;
        setLoaded({ key, value, loadedAt: new Date().toISOString() });
      } catch (error) {
        if (leaving.signal.aborted) return;
        if (!(error instanceof ApiError)) throw error;
        setLoaded((before) => ({ ...(before.key === key ? before : { key }), error }));
        waitSeconds = secondsToRetry(error, refreshSeconds);
      }
      if (waitSeconds) timer = setTimeout(askWhenSeen, waitSeconds * 1000);
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
  }, [client, key, refreshSeconds, attempt]);

  return { ...loaded, retry };
}

/**
 * What the API answers for a path, asked as {@link useLoaded} does.
 *
 * @template Data
 * @param {ApiClient} client
 * @param {string | null} path nothing is asked while it is null
 * @param {number} [refreshSeconds] once only when left out
 * @returns {{answer?: Answer<Data>, answeredAt?: string, error?: ApiError, retry: () => void}}
 */
export function useAnswer(client, path, refreshSeconds) {
  const load = (/** @type {AbortSignal} */ signal) =>
    /** @type {Promise<Answer<Data>>} */ (client.get(/** @type {string} */ (path), signal));
  const { key, value, loadedAt, error, retry } = useLoaded(load, client, path, refreshSeconds);
  // What another path brought must not be shown for this one.
  return key === path ? { answer: value, answeredAt: loadedAt, error, retry } : { retry };
}
