import type { ApiServer } from './api-server';
import { securityHeaders } from './security-headers';

const preflightSeconds = 600;

/** What a page of another origin may read of an answer besides its body. */
const exposedHeaders =
  'etag, link, location, retry-after, x-request-id, ratelimit-limit, ratelimit-remaining, ratelimit-reset';

/**
 * Lets pages of these origins ask the API from a browser, with a key of their own: no cookie is ever taken.
 *
 * @see https://fetch.spec.whatwg.org/#http-cors-protocol
 */
export function allowOrigins(server: ApiServer, origins: readonly string[]): void {
  if (origins.length === 0) return;
  server.addHook('onRequest', async (request, reply) => {
    reply.header('vary', 'Origin');
    const { origin } = request.headers;
    if (origin === undefined || !origins.includes(origin)) return;
    reply.header('access-control-allow-origin', origin).header('access-control-expose-headers', exposedHeaders);
    const asked = request.headers['access-control-request-method'];
    if (request.method !== 'OPTIONS' || asked === undefined) return;
    return reply
      .code(204)
      .headers({
        ...securityHeaders,
        'access-control-allow-methods': 'GET, HEAD, POST, DELETE',
        'access-control-allow-headers':
          'authorization, content-type, if-none-match, last-event-id, x-api-key, x-request-id',
        'access-control-max-age': preflightSeconds,
      })
      .send();
  });
}
