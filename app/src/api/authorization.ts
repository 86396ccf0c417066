import type { FastifyReply, FastifyRequest } from 'fastify';
import { type ApiKey, grants, type Scope } from '../access/api-key';
import type { ApiKeyring } from '../access/api-keyring';
import type { ApiServer } from './api-server';
import { Problem } from './problem';

const bearerForm = /^bearer +(\S+)$/i;
const basic = /^basic ([a-z0-9+/=]+)$/i;

/**
 * The API key of a request: in X-API-Key, as a Bearer token, or as the password of HTTP Basic for clients that only take
 * a URL.
 */
function keyOf({ headers }: FastifyRequest): string | undefined {
  const key = headers['x-api-key'];
  if (typeof key === 'string') return key;
  const bearer = bearerForm.exec(headers.authorization ?? '')?.[1];
  if (bearer !== undefined) return bearer;
  const encoded = basic.exec(headers.authorization ?? '')?.[1];
  if (encoded === undefined) return undefined;
  const credentials = Buffer.from(encoded, 'base64').toString();
  return credentials.slice(credentials.indexOf(':') + 1);
}

/** Lets requests in: those with a key that grants the scope and has requests left in this minute. */
export class Authorization {
  readonly #keyring: ApiKeyring;
  readonly #countRequest: ReturnType<ApiServer['createRateLimit']>;

  /** The server needs @fastify/rate-limit. */
  constructor(server: ApiServer, keyring: ApiKeyring, requestsPerMinute: number) {
    this.#keyring = keyring;
    this.#countRequest = server.createRateLimit({
      timeWindow: 60_000,
      keyGenerator: ({ apiKey }) => apiKey?.id as string,
      max: ({ apiKey }) => apiKey?.requests_per_minute ?? requestsPerMinute,
    });
  }

  /** @throws Problem when the request is not let in */
  async authorize(request: FastifyRequest, reply: FastifyReply, scope: Scope): Promise<void> {
    const key = keyOf(request);
    if (key === undefined) {
      reply.header('www-authenticate', 'ApiKey realm="stock-analysis"');
      throw new Problem(
        401,
        'missing_api_key',
        'send an API key in the X-API-Key header, or as Authorization: Bearer; `stock apikey create` makes one',
      );
    }
    await this.authorizeKey(request, reply, key, scope);
  }

  /** The same for a key that stands elsewhere than usual. @throws Problem when the request is not let in */
  async authorizeKey(request: FastifyRequest, reply: FastifyReply, key: string, scope: Scope): Promise<ApiKey> {
    const apiKey = await this.#keyring.find(key);
    if (!apiKey) {
      reply.header('www-authenticate', 'ApiKey realm="stock-analysis"');
      throw new Problem(401, 'invalid_api_key', 'the API key is unknown or revoked');
    }
    request.apiKey = apiKey;
    await this.#requireRequestsLeft(request, reply);
    if (!grants(apiKey, scope)) {
      throw new Problem(
        403,
        'insufficient_scope',
        `this needs a key with scope '${scope}'; yours has ${apiKey.scopes.join(', ')}`,
      );
    }
    return apiKey;
  }

  async #requireRequestsLeft(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const count = await this.#countRequest(request);
    if (count.isAllowed) return;
    const { max, remaining, ttlInSeconds: seconds, isExceeded } = count;
    reply.header('ratelimit-limit', max).header('ratelimit-remaining', remaining).header('ratelimit-reset', seconds);
    if (!isExceeded) return;
    reply.header('retry-after', seconds);
    throw new Problem(
      429,
      'too_many_requests',
      `this key may make ${max} requests a minute; try again in ${seconds} s`,
    );
  }
}
