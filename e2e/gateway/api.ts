import { once } from 'node:events';
import http from 'node:http';
import type net from 'node:net';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** An API that answers as it is told. */
export class Api {
  delayMilliseconds = 0;
  /** It is as if its process ended while it gets the second request of a connection: that and all idle ones are closed. */
  endsOverAndOver = false;
  readonly clients = new Map<string, number>();
  /** The headers of the last request. */
  told: http.IncomingHttpHeaders = {};
  private readonly used = new WeakSet<net.Socket>();
  private readonly server = http.createServer((request, response) => void this.answer(request, response));

  async start(port = 0): Promise<number> {
    this.server.listen(port, '127.0.0.1');
    await once(this.server, 'listening');
    return (this.server.address() as AddressInfo).port;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, 'close');
  }

  private async answer(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    this.told = request.headers;
    const client = `${request.headers['x-forwarded-for']}`;
    this.clients.set(client, (this.clients.get(client) ?? 0) + 1);
    if (request.url?.startsWith('/api/v1/stream/')) {
      response.writeHead(200, { 'content-type': 'text/event-stream', 'x-accel-buffering': 'no' });
      response.write(': here\n\n');
      return;
    }
    if (this.endsOverAndOver && this.used.has(request.socket)) {
      request.socket.destroy();
      this.server.closeIdleConnections();
      return;
    }
    this.used.add(request.socket);
    await sleep(this.delayMilliseconds);
    response
      .writeHead(200, {
        'content-type': 'application/json',
        // As the API says it, whatever the scheme.
        'strict-transport-security': 'max-age=1',
      })
      .end('{"data":[]}');
  }
}
