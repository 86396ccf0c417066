import { randomUUID } from 'node:crypto';
import helmet from '@fastify/helmet';
import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import { type FastifyError, type FastifyInstance, type FastifyRequest, fastify, LogController } from 'fastify';
import type { Logger } from 'pino';
import type { AnswerCache } from '../answer-cache';
import type { Database } from '../database/pool';
import { addHealthRoutes, type Health } from '../health';
import type { JobQueue } from '../jobs/queue';
import type { HttpMetrics } from '../metrics';
import { version } from '../version';
import { type ApiKey, findApiKey, grants, type Scope } from './api-key';
import { Problem, sendProblem } from './problem';
import { addDeadLetterRoutes } from './routes/dead-letters';
import { addJobRoutes } from './routes/jobs';
import { addPageRoutes } from './routes/page';
import { addQueueAdminRoutes } from './routes/queue-admin';
import { addStockRoutes } from './routes/stocks';

/** What the API works with. */
export interface ApiContext {
  database: Database;
  queue: JobQueue;
  cache: AnswerCache | undefined;
  health: Health;
  metrics: HttpMetrics;
  logger: Logger;
  secretKey: string;
  /** Puts the cause of a server error into the answer. */
  debug: boolean;
}

export type ApiServer = FastifyInstance<
  import('node:http').Server,
  import('node:http').IncomingMessage,
  import('node:http').ServerResponse,
  Logger,
  TypeBoxTypeProvider
>;

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Scope an API key needs for the route; without one the route is public. */
    scope?: Scope;
  }
  interface FastifyRequest {
    apiKey: ApiKey | undefined;
  }
}

/** Connection errors of node-postgres, and PostgreSQL's classes "connection exception" and "operator intervention". */
const isDatabaseDown = (error: { code?: string; message: string }): boolean =>
  /^(ECONNREFUSED|ECONNRESET|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|08|57P|53300)/.test(error.code ?? '') ||
  error.message.includes('timeout exceeded when trying to connect') ||
  error.message.includes('Connection terminated');

function asProblem(error: FastifyError, debug: boolean): Problem {
  if (error instanceof Problem) return error;
  if (error.validation) {
    return new Problem(400, 'invalid_request', error.message, {
      errors: error.validation.map(({ instancePath, params, message }) => ({
        field: [
          error.validationContext,
          ...instancePath.split('/').slice(1),
          params.missingProperty,
          params.additionalProperty,
        ]
          .filter((part) => part !== undefined)
          .join('.'),
        message: params.allowedValues
          ? `${message}: ${(params.allowedValues as string[]).join(', ')}`
          : (message ?? ''),
      })),
    });
  }
  if (error.statusCode === 413) return new Problem(413, 'body_too_large', error.message);
  if (error.statusCode === 415) {
    return new Problem(415, 'unsupported_media_type', 'send the body as JSON with Content-Type: application/json');
  }
  if (error.statusCode && error.statusCode < 500)
    return new Problem(error.statusCode, 'invalid_request', error.message);
  if (isDatabaseDown(error)) return new Problem(503, 'database_unavailable', 'the database does not answer; try again');
  return new Problem(500, 'internal_error', debug ? (error.stack ?? error.message) : 'the server failed; see its log');
}

const givenRequestId = /^[\w-]{8,64}$/;

/** Builds the HTTP API. It does not listen, so tests can send requests to it without a port. */
export async function buildApi(context: ApiContext): Promise<ApiServer> {
  const { logger, metrics } = context;
  const server: ApiServer = fastify({
    loggerInstance: logger,
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: (request) => {
      const given = request.headers['x-request-id'];
      return typeof given === 'string' && givenRequestId.test(given) ? given : randomUUID();
    },
    // Unknown parameters are refused rather than dropped: a misspelt filter must not look as if it had worked.
    ajv: { customOptions: { removeAdditional: false, coerceTypes: 'array', allErrors: true } },
    bodyLimit: 256 * 1024,
    connectionTimeout: 120_000,
    requestTimeout: 60_000,
    // Above the 60 s for which gateways keep idle connections, so that the gateway closes them first.
    keepAliveTimeout: 75_000,
  }).withTypeProvider<TypeBoxTypeProvider>();

  const methodsByRoute = new Map<string, Set<string>>();
  server.addHook('onRoute', ({ url, method }) => {
    const methods = methodsByRoute.get(url) ?? new Set();
    for (const name of [method].flat()) methods.add(name);
    methodsByRoute.set(url, methods);
  });
  const allowedMethods = (path: string): string[] => {
    const matches = [...methodsByRoute].filter(([route]) =>
      new RegExp(`^${route.replace(/:[^/]+/g, '[^/]+').replaceAll('*', '.*')}$`).test(path),
    );
    return [...new Set(matches.flatMap(([, methods]) => [...methods]))];
  };

  server.setErrorHandler<FastifyError>((error, request, reply) => {
    const problem = asProblem(error, context.debug);
    if (problem.status >= 500) request.log.error({ err: error }, 'request failed');
    return sendProblem(reply, problem);
  });
  server.setNotFoundHandler((request, reply) => {
    const path = request.url.split('?')[0] ?? '';
    const allowed = allowedMethods(path);
    if (allowed.length === 0) {
      return sendProblem(
        reply,
        new Problem(404, 'unknown_route', `there is no ${path}; the API is described at /docs`),
      );
    }
    reply.header('allow', allowed.join(', '));
    return sendProblem(
      reply,
      new Problem(405, 'method_not_allowed', `${path} does not take ${request.method}; allowed: ${allowed.join(', ')}`),
    );
  });

  // Before the keys are looked at, so that a refusal has the headers too.
  await server.register(helmet, {
    // Swagger UI draws with inline styles and data: images; the page at / has a stricter policy of its own.
    contentSecurityPolicy: {
      directives: { 'style-src': ["'self'", "'unsafe-inline'"], 'upgrade-insecure-requests': null },
    },
  });

  server.decorateRequest('apiKey', undefined);
  server.addHook('onRequest', async (request, reply) => {
    reply.header('x-request-id', request.id);
    const { scope } = request.routeOptions.config;
    if (scope) request.apiKey = await authorize(context, request, scope);
  });
  server.addHook('onSend', async (_request, reply) => {
    // A connection kept open by a gateway would otherwise keep the stopping process from ending.
    if (context.health.isStopping) reply.header('connection', 'close');
  });
  server.addHook('onResponse', async (request, reply) => {
    const labels = {
      method: request.method,
      route: request.routeOptions.url ?? 'unknown',
      status: String(reply.statusCode),
    };
    metrics.requests.inc(labels);
    metrics.duration.observe(labels, reply.elapsedTime / 1000);
    request.log.info(
      {
        http: {
          request: { id: request.id, method: request.method },
          response: { status_code: reply.statusCode },
        },
        url: { path: request.url.split('?')[0], query: request.url.split('?')[1] },
        client: { ip: request.ip },
        event: { duration: Math.round(reply.elapsedTime * 1e6) },
        labels: { route: labels.route, api_key: request.apiKey?.prefix },
      },
      'request',
    );
  });

  await server.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Stock analysis API',
        description:
          'Daily prices of stocks in mainland China. Prices in yuan, not adjusted; volume in shares; amount in yuan.',
        version,
      },
      components: { securitySchemes: { apiKey: { type: 'apiKey', in: 'header', name: 'X-API-Key' } } },
      tags: [
        { name: 'stocks', description: 'Stocks and their prices' },
        { name: 'jobs', description: 'Work done in the background' },
        { name: 'health', description: 'Fitness of the service' },
      ],
    },
  });
  await server.register(swaggerUi, { routePrefix: '/docs' });
  server.get('/openapi.json', { schema: { hide: true } }, async () => server.swagger());

  addHealthRoutes(server as unknown as FastifyInstance, context.health, context.debug);
  addStockRoutes(server, context);
  addJobRoutes(server, context);
  addPageRoutes(server);
  addDeadLetterRoutes(server, context);
  addQueueAdminRoutes(server, context);
  await server.ready();
  return server;
}

async function authorize({ database, secretKey }: ApiContext, request: FastifyRequest, scope: Scope): Promise<ApiKey> {
  const key = request.headers['x-api-key'];
  if (typeof key !== 'string') {
    throw new Problem(
      401,
      'missing_api_key',
      'send an API key in the X-API-Key header; `stock apikey create` makes one',
    );
  }
  const apiKey = await findApiKey(database, secretKey, key);
  if (!apiKey) throw new Problem(401, 'invalid_api_key', 'the API key is unknown or revoked');
  if (!grants(apiKey, scope)) {
    throw new Problem(
      403,
      'insufficient_scope',
      `this needs a key with scope '${scope}'; yours has ${apiKey.scopes.join(', ')}`,
    );
  }
  return apiKey;
}
