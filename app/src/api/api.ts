import { randomUUID } from 'node:crypto';
import rateLimit from '@fastify/rate-limit';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import underPressure from '@fastify/under-pressure';
import { type FastifyError, type FastifyInstance, type FastifyRequest, fastify, LogController } from 'fastify';
import { ApiKeyring } from '../access/api-keyring';
import { DatabaseShares } from '../access/database-share';
import { SymbolResolver } from '../market/symbol-resolver';
import { addHealthRoutes } from '../runtime/health';
import { Answers } from './answers';
import type { ApiContext, ApiSettings } from './api-context';
import type { ApiServer } from './api-server';
import { Authorization } from './authorization';
import { allowOrigins } from './cors';
import { addDocumentationRoutes } from './documentation';
import { knownProblem } from './known-problem';
import { Problem, sendProblem } from './problem';
import { addRequestRecords } from './request-records';
import { addAktoolsRoutes } from './routes/aktools';
import { addCacheRoutes } from './routes/cache';
import { addDailyBarRoutes } from './routes/daily-bars';
import { addDeadLetterRoutes } from './routes/dead-letters';
import { addJobRoutes } from './routes/jobs';
import { addMarketRoutes } from './routes/market';
import { addMonitorRoute } from './routes/monitor';
import { addOperationsRoutes } from './routes/operations';
import { addPageRoutes } from './routes/page';
import { addQualityRoutes } from './routes/quality';
import { addQueueAdminRoutes } from './routes/queue-admin';
import { addQuoteStreamRoutes } from './routes/quote-stream';
import { addQuoteRoutes } from './routes/quotes';
import { addStockRoutes } from './routes/stocks';
import { addTushareRoutes } from './routes/tushare';
import { securityHeaders } from './security-headers';
import { ajvOptions, refuseNul, validationProblem } from './validation';

function asProblem(error: FastifyError, debug: boolean): Problem {
  const known = knownProblem(error);
  if (known) return known;
  if (error.validation) return validationProblem(error);
  if (error.statusCode === 413) return new Problem(413, 'body_too_large', error.message);
  if (error.statusCode === 415) {
    return new Problem(415, 'unsupported_media_type', 'send the body as JSON with Content-Type: application/json');
  }
  if (error.statusCode && error.statusCode < 500)
    return new Problem(error.statusCode, 'invalid_request', error.message);
  return new Problem(500, 'internal_error', debug ? (error.stack ?? error.message) : 'the server failed; see its log');
}

const retryAfterOverloadSeconds = 5;
/** An API key sent here by mistake is none: the id is shown and logged. */
const givenRequestId = /^(?!sk_)[\w-]{8,64}$/;

function addRoutes(server: ApiServer, context: ApiContext, authorization: Authorization): void {
  addStockRoutes(server, context);
  addDailyBarRoutes(server, context);
  addQuoteRoutes(server, context);
  addQuoteStreamRoutes(server, context);
  addMarketRoutes(server, context);
  addOperationsRoutes(server, context);
  if (context.monitor) addMonitorRoute(server, context.monitor);
  addQualityRoutes(server, context);
  addJobRoutes(server, context);
  addDeadLetterRoutes(server, context);
  addQueueAdminRoutes(server, context);
  addCacheRoutes(server, context);
  addTushareRoutes(server, context, authorization);
  addAktoolsRoutes(server, context);
  addHealthRoutes(server as unknown as FastifyInstance, context.health, context.debug);
}

/** Builds the HTTP API. It does not listen, so tests can send requests to it without a port. */
export async function buildApi(settings: ApiSettings): Promise<ApiServer> {
  const { database, watchDatabase, pulse, databasePlacesPerKey, logger, metrics, health, debug } = settings;
  const context = { ...settings, answers: new Answers(settings), symbols: new SymbolResolver(watchDatabase, logger) };
  const shares = new DatabaseShares({ database, pulse, places: databasePlacesPerKey });
  const server: ApiServer = fastify({
    loggerInstance: logger,
    trustProxy: [...settings.trustedProxies],
    // A logger for each request costs more than to name the request in the few records that need it.
    childLoggerFactory: (parent) => parent,
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: (request) => {
      const given = request.headers['x-request-id'];
      return typeof given === 'string' && givenRequestId.test(given) ? given : randomUUID();
    },
    ajv: ajvOptions,
    // Rows are sent as the text PostgreSQL made of them; for the little else, compiling a writer costs more than it saves.
    schemaController: { compilersFactory: { buildSerializer: () => () => JSON.stringify } },
    // What the router refuses before there is a route.
    frameworkErrors: (error, request, reply) => {
      reply.headers(securityHeaders).header('x-request-id', request.id);
      sendProblem(reply, asProblem(error, debug));
    },
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
    const problem = asProblem(error, debug);
    if (problem.status >= 500) logger.error({ err: error, http: { request: { id: request.id } } }, 'request failed');
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

  allowOrigins(server, settings.allowedOrigins);
  await server.register(rateLimit, { global: false });
  const keyring = new ApiKeyring(watchDatabase, settings.secretKey, logger, settings.formerSecretKey);
  const authorization = new Authorization(server, keyring, settings.requestsPerMinute);
  server.decorateRequest('apiKey', undefined);
  server.decorateRequest('database', {
    getter() {
      return shares.of((this as FastifyRequest).apiKey?.id as string);
    },
  });
  server.addHook('onRequest', async (request, reply) => {
    // Before the key is looked at, so that a refusal has the headers too.
    reply.headers(securityHeaders).header('x-request-id', request.id);
    const { scope } = request.routeOptions.config;
    if (scope) await authorization.authorize(request, reply, scope);
  });
  server.addHook('preValidation', async (request) => refuseNul(request));
  await server.register(underPressure, {
    maxEventLoopDelay: settings.overload.delayMilliseconds,
    sampleInterval: settings.overload.measuredMilliseconds,
    pressureHandler: async (request, reply) => {
      // Whoever restarts processes that do not answer would only add to the load.
      if (!request.routeOptions.config.scope) return;
      reply.header('retry-after', retryAfterOverloadSeconds);
      throw new Problem(503, 'overloaded', 'the server has more to do than it can; try again in a while');
    },
  });
  server.addHook('onSend', (_request, reply, _payload, done) => {
    // A connection kept open by a gateway would otherwise keep the stopping process from ending.
    if (health.isStopping) reply.header('connection', 'close');
    done();
  });
  addRequestRecords(server, metrics, logger);

  addRoutes(server, context, authorization);
  addPageRoutes(server, settings.monitor !== undefined);
  addDocumentationRoutes(server, (documentation) => addRoutes(documentation, context, authorization));
  await server.ready();
  return server;
}
