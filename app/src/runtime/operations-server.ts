import { type FastifyInstance, fastify } from 'fastify';
import type { Registry } from 'prom-client';
import { addHealthRoutes, type Health } from './health';

/**
 * The server for operators, on a port of its own that is never exposed outside: health and, where a registry is
 * given, /metrics.
 */
export function buildOperationsServer(health: Health, registry: Registry | undefined): FastifyInstance {
  const server = fastify({ forceCloseConnections: true });
  addHealthRoutes(server, health, true);
  if (registry) {
    server.get('/metrics', async (_request, reply) => reply.type(registry.contentType).send(await registry.metrics()));
  }
  return server;
}
