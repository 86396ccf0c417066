import type { ServerResponse } from 'node:http';
import { Type } from 'typebox';
import { type QuoteChange, QuoteFeed } from '../../market/quote-feed';
import type { ApiContext } from '../api-context';
import type { ApiServer } from '../api-server';
import { errors, security } from '../parameters';
import { Problem } from '../problem';
import { resolveList, symbolsParameter } from '../symbol-list';

const mostStreamsPerKey = 20;
/** At one process, so that streams leave it connections and time for other requests. */
const mostStreams = 1_000;
const heartbeatMilliseconds = 15_000;
const reconnectMilliseconds = 2_000;
/** A client that reads slower than quotes change is let go; it comes back and goes on where it stopped. */
const mostUnreadBytes = 1_048_576;
const batchForm = /^\d{1,18}$/;

/** Changes as server-sent events. Only the last one of a collection has its number: before it, the client lacks some. */
function asEvents(changes: readonly QuoteChange[]): string {
  const events = changes.map(({ batch, json }, index) => {
    const id = batch === changes[index + 1]?.batch ? '' : `id: ${batch}\n`;
    return `${id}event: quote\ndata: ${json}\n\n`;
  });
  return events.join('');
}

/** Adds the stream of quotes as they change. */
export function addQuoteStreamRoutes(server: ApiServer, context: ApiContext): void {
  const feed = new QuoteFeed(context.database, context.logger);
  const streams = new Set<ServerResponse>();
  const streamsByKey = new Map<string, number>();
  // Streams end by themselves only when clients go, and a server that closes waits for its connections.
  server.addHook('preClose', async () => {
    for (const stream of streams) stream.end();
  });

  server.get(
    '/api/v1/stream/quotes',
    {
      exposeHeadRoute: false,
      config: { scope: 'read', isStream: true },
      schema: {
        tags: ['quotes'],
        operationId: 'streamQuotes',
        summary: 'Quotes as they change, as server-sent events',
        description:
          'First the quotes there are, or those that changed after Last-Event-ID; then each as it changes. `data` of an event `quote` is a quote.',
        security,
        headers: Type.Object({
          'last-event-id': Type.Optional(Type.String({ description: 'id of the last event the client got' })),
        }),
        querystring: Type.Object({ symbols: symbolsParameter }, { additionalProperties: false }),
        response: { 200: { content: { 'text/event-stream': { schema: Type.String() } } }, ...errors },
      },
    },
    async (request, reply) => {
      const keyId = request.apiKey?.id as string;
      const lastEventId = request.headers['last-event-id'];
      if (lastEventId !== undefined && !batchForm.test(lastEventId)) {
        throw new Problem(400, 'invalid_request', `Last-Event-ID '${lastEventId}' is not one this stream gave`);
      }
      const resolved = await resolveList(context.symbols, request.query.symbols);
      const stream = reply.raw;
      if (stream.destroyed) return reply.hijack();
      const open = streamsByKey.get(keyId) ?? 0;
      if (open >= mostStreamsPerKey) {
        throw new Problem(
          429,
          'too_many_streams',
          `this key has ${open} streams open; allowed are ${mostStreamsPerKey}`,
        );
      }
      if (streams.size >= mostStreams) {
        throw new Problem(503, 'overloaded', `${mostStreams} streams are open, the most allowed; try again in a while`);
      }
      streamsByKey.set(keyId, open + 1);

      reply.hijack();
      stream.writeHead(200, {
        ...(reply.getHeaders() as Record<string, string>),
        'content-type': 'text/event-stream; charset=utf-8',
        'cache-control': 'no-store',
        // Kept open for another request, the connection would keep a server that closes waiting.
        connection: 'close',
        // nginx would hold events back to fill its buffer.
        'x-accel-buffering': 'no',
      });
      streams.add(stream);
      stream.write(`retry: ${reconnectMilliseconds}\n\n`);
      const heartbeat = setInterval(() => stream.write(': still here\n\n'), heartbeatMilliseconds);
      const unsubscribe = feed.subscribe({
        symbols: new Set(resolved.map(({ symbol }) => symbol)),
        batch: BigInt(lastEventId ?? -1),
        receive: (changes) => {
          stream.write(asEvents(changes));
          if (stream.writableLength > mostUnreadBytes) stream.destroy();
        },
      });
      stream.on('close', () => {
        clearInterval(heartbeat);
        unsubscribe();
        streams.delete(stream);
        const left = (streamsByKey.get(keyId) ?? 1) - 1;
        if (left === 0) streamsByKey.delete(keyId);
        else streamsByKey.set(keyId, left);
      });
    },
  );
}
