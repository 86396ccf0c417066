import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyInstance } from 'fastify';
import type { Logger } from 'pino';
import type { ApiKey, Scope } from '../access/api-key';
import type { Database } from '../database/pool';

/** The HTTP server of the API. */
export type ApiServer = FastifyInstance<Server, IncomingMessage, ServerResponse, Logger, TypeBoxTypeProvider>;

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Scope an API key needs for the route; without one the route is public. */
    scope?: Scope;
    /** Answers for as long as the client listens, which says nothing of how fast the API is. */
    isStream?: boolean;
  }
  interface FastifyRequest {
    apiKey: ApiKey | undefined;
    /** The database, as far as the key of the request may keep it busy. */
    database: Database;
  }
}
