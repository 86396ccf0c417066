import { get } from 'node:http';
import { text } from 'node:stream/consumers';

const requestMilliseconds = 10_000;

/** What was answered. */
export interface Answered {
  status: number | undefined;
  body: string;
}

/**
 * Asks an address under a name of the environment's: the gateway answers to no other, and `fetch` gives the address'.
 *
 * @param host the name
 * @param stop ends it before
 */
export async function ask(
  url: string,
  host: string,
  headers: Readonly<Record<string, string>> = {},
  stop?: AbortSignal,
): Promise<Answered> {
  const limit = AbortSignal.timeout(requestMilliseconds);
  const signal = stop ? AbortSignal.any([stop, limit]) : limit;
  return new Promise((resolve, reject) => {
    get(url, { headers: { ...headers, host }, signal, agent: false }, (response) => {
      text(response).then((body) => resolve({ status: response.statusCode, body }), reject);
    }).on('error', reject);
  });
}
