import { Type } from 'typebox';
import { keysLike } from '../../cache/questions';
import type { ApiContext } from '../api-context';
import type { ApiServer } from '../api-server';
import { envelopeSchema, ownMeta } from '../envelope';
import { errors, security } from '../parameters';
import { Problem } from '../problem';
import { sendFresh } from '../representation';

/** Adds the route that empties the cache. It touches nothing else in Redis, where the job queue may live too. */
export function addCacheRoutes(server: ApiServer, { cache, symbols, logger }: ApiContext): void {
  server.delete(
    '/api/v1/admin/cache',
    {
      config: { scope: 'admin' },
      schema: {
        tags: ['administration'],
        operationId: 'clearCache',
        summary: 'Remove answers from the cache: those whose key begins with the prefix, those about a stock, or all',
        security,
        querystring: Type.Object(
          {
            prefix: Type.Optional(
              Type.String({
                pattern: '^[A-Za-z0-9.:-]*$',
                maxLength: 200,
                description: 'daily:, market-daily:, quote:, quotes:',
              }),
            ),
            symbol: Type.Optional(Type.String({ maxLength: 20 })),
          },
          { additionalProperties: false },
        ),
        response: { 200: envelopeSchema(Type.Object({ removed: Type.Integer() })), ...errors },
      },
    },
    async (request, reply) => {
      const { prefix = '', symbol } = request.query;
      const subject = symbol === undefined ? undefined : (await symbols.resolve(symbol)).symbol;
      if (!cache) throw new Problem(409, 'cache_unavailable', 'this API runs without a cache; REDIS_URL names one');
      const removed = await cache.remove(keysLike(prefix, subject)).catch((error) => {
        logger.error({ err: error }, 'cache not emptied');
        throw new Problem(503, 'cache_unavailable', 'the cache does not answer; try again');
      });
      return sendFresh(request, reply, ownMeta(), JSON.stringify({ removed }));
    },
  );
}
