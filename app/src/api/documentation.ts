import { fastify } from 'fastify';
import { version } from '../runtime/version';
import type { ApiServer } from './api-server';
import { forClients } from './openapi';

/**
 * A server that describes the routes of another: it has the same ones, answers /docs and /openapi.json, and is never
 * asked anything else.
 */
async function buildDocumentation(addRoutes: (server: ApiServer) => void): Promise<ApiServer> {
  const { default: swagger } = await import('@fastify/swagger');
  const { default: swaggerUi } = await import('@fastify/swagger-ui');
  const server = fastify() as unknown as ApiServer;
  server.setValidatorCompiler(() => () => true);
  server.setSerializerCompiler(() => JSON.stringify);
  // Nobody can ask it for data; were it asked, it would know no API keys.
  server.addHook('onRequest', async (request) => {
    if (request.routeOptions.config.scope) throw new Error('only described here');
  });
  await server.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Stock analysis API',
        description:
          'Prices of stocks in mainland China. Prices in yuan, not adjusted unless asked for; volume in shares; amount in yuan.',
        version,
      },
      components: {
        securitySchemes: {
          apiKey: { type: 'apiKey', in: 'header', name: 'X-API-Key' },
          bearer: { type: 'http', scheme: 'bearer', description: 'The API key as token' },
          basic: { type: 'http', scheme: 'basic', description: 'The API key as password, with any user name' },
        },
      },
      servers: [{ url: '/', description: 'This server' }],
      tags: [
        { name: 'stocks', description: 'Stocks' },
        { name: 'prices', description: 'Daily bars and the factors that adjust them' },
        { name: 'quotes', description: 'The current session' },
        { name: 'market', description: 'Trading calendar and suspensions' },
        { name: 'collection', description: 'Sources, datasets and how their collection goes' },
        { name: 'quality', description: 'Gaps, and rows that were not stored' },
        { name: 'jobs', description: 'Work done in the background' },
        { name: 'compatibility', description: 'The same data as other tools serve it' },
        { name: 'administration', description: 'For keys with scope admin' },
        { name: 'health', description: 'Fitness of the service' },
      ],
    },
  });
  await server.register(swaggerUi, { routePrefix: '/docs' });
  let description: object | undefined;
  server.get('/openapi.json', { schema: { hide: true } }, async () => {
    description ??= forClients(server.swagger());
    return description;
  });
  addRoutes(server);
  await server.ready();
  return server;
}

/** Adds /docs and /openapi.json. What makes them is loaded at the first request: most processes never get one. */
export function addDocumentationRoutes(server: ApiServer, addRoutes: (server: ApiServer) => void): void {
  let documentation: Promise<ApiServer> | undefined;
  server.addHook('onClose', async () => (await documentation)?.close());
  for (const url of ['/docs', '/docs/*', '/openapi.json']) {
    server.get(url, async (request, reply) => {
      documentation ??= buildDocumentation(addRoutes);
      const { routing } = await documentation;
      reply.hijack();
      for (const [name, value] of Object.entries(reply.getHeaders())) {
        if (value !== undefined) reply.raw.setHeader(name, value);
      }
      routing(request.raw, reply.raw);
    });
  }
}
