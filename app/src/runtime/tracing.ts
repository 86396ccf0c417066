import { subscribe } from 'node:diagnostics_channel';
import { trace } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { registerInstrumentations } from '@opentelemetry/instrumentation';
import { HttpInstrumentation } from '@opentelemetry/instrumentation-http';
import { IORedisInstrumentation } from '@opentelemetry/instrumentation-ioredis';
import { PgInstrumentation } from '@opentelemetry/instrumentation-pg';
import { UndiciInstrumentation } from '@opentelemetry/instrumentation-undici';
import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  BatchSpanProcessor,
  NodeTracerProvider,
  type ReadableSpan,
  type SpanProcessor,
} from '@opentelemetry/sdk-trace-node';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { withoutKeyParameters } from './secret-texts';
import { version } from './version';

interface HandledRequest {
  request: FastifyRequest;
  reply: FastifyReply;
  route: { url?: string; method: string };
}

/** Takes keys out of the spans before they are sent: URLs may have some in them. */
class WithoutKeys implements SpanProcessor {
  onStart(): void {}
  onEnd({ attributes }: ReadableSpan): void {
    for (const [name, value] of Object.entries(attributes)) {
      if (typeof value === 'string') attributes[name] = withoutKeyParameters(value);
    }
  }
  async forceFlush(): Promise<void> {}
  async shutdown(): Promise<void> {}
}

/** A request is named after its route, so that those for different stocks count as one. */
function nameAfterRoute(message: unknown): void {
  const { request, route } = message as HandledRequest;
  const span = trace.getActiveSpan();
  if (!span || !route.url) return;
  span.updateName(`${request.method} ${route.url}`);
  span.setAttribute('http.route', route.url);
}

/**
 * Traces HTTP requests in and out, PostgreSQL statements and Redis commands from now on, and sends the spans by OTLP.
 * Must run before the modules it watches are loaded: it changes them as they load.
 *
 * @param endpoint address of a collector; spans go to its /v1/traces
 * @returns sends what is left and stops
 * @see https://opentelemetry.io/docs/specs/otlp/#otlphttp
 */
export function startTracing(endpoint: string, serviceName: string): () => Promise<void> {
  const exporter = new OTLPTraceExporter({ url: `${endpoint.replace(/\/$/, '')}/v1/traces` });
  const provider = new NodeTracerProvider({
    resource: resourceFromAttributes({ 'service.name': serviceName, 'service.version': version }),
    // In this order: the second has what the first left.
    spanProcessors: [new WithoutKeys(), new BatchSpanProcessor(exporter)],
  });
  provider.register();
  registerInstrumentations({
    instrumentations: [
      new HttpInstrumentation({
        // Probes and scrapes come every few seconds and would bury the rest.
        ignoreIncomingRequestHook: ({ url = '' }) => url.startsWith('/health') || url === '/metrics',
      }),
      new PgInstrumentation({ requireParentSpan: true }),
      new IORedisInstrumentation({ requireParentSpan: true }),
      new UndiciInstrumentation({ requireParentforSpans: true }),
    ],
  });
  subscribe('tracing:fastify.request.handler:start', nameAfterRoute);
  return () => provider.shutdown();
}

/** Fields of a log record that lead to the trace it belongs to; none outside a trace. */
export function traceFields(): Record<string, unknown> {
  const span = trace.getActiveSpan()?.spanContext();
  return span ? { trace: { id: span.traceId }, span: { id: span.spanId } } : {};
}
