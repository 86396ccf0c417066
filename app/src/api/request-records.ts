import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import { withoutKeyParameters } from '../runtime/secret-texts';
import type { ApiServer } from './api-server';
import type { HttpMetrics } from './http-metrics';

/** An address of IPv4 is the same one on a socket of IPv6. */
const withoutMapping = (ip: string): string => ip.replace(/^::ffff:(?=\d+\.)/, '');

/** Counts, times and logs every answer. */
export function addRequestRecords(server: ApiServer, metrics: HttpMetrics, logger: Logger): void {
  // These records hold nothing secret, and to look for it takes longer than to write them.
  const log = logger.child({}, { redact: [] });
  const counters = new Map<string, { requests: { inc(): void }; duration: { observe(seconds: number): void } }>();

  /** The counters of a route and status: to find them by their labels takes longer than to count. */
  function countersOf(method: string, route: string, status: number) {
    const key = `${method} ${route} ${status}`;
    let found = counters.get(key);
    if (!found) {
      const labels = { method, route, status: String(status) };
      found = { requests: metrics.requests.labels(labels), duration: metrics.duration.labels(labels) };
      counters.set(key, found);
    }
    return found;
  }

  function record(request: FastifyRequest, reply: FastifyReply): void {
    const { method } = request;
    const { url: route = 'unknown', config } = request.routeOptions;
    const { requests, duration } = countersOf(method, route, reply.statusCode);
    requests.inc();
    if (!config.isStream) duration.observe(reply.elapsedTime / 1000);
    const [path, query] = withoutKeyParameters(request.url).split('?');
    log.info(
      {
        http: { request: { id: request.id, method }, response: { status_code: reply.statusCode } },
        url: { path, query },
        client: { ip: withoutMapping(request.ip) },
        event: { duration: Math.round(reply.elapsedTime * 1e6) },
        labels: { route, api_key: request.apiKey?.prefix },
      },
      'request',
    );
  }

  server.addHook('onResponse', (request, reply, done) => {
    record(request, reply);
    done();
  });
}
