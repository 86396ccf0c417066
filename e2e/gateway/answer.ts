import assert from 'node:assert/strict';
import { once } from 'node:events';
import http from 'node:http';
import https from 'node:https';
import { type PeerCertificate, TLSSocket } from 'node:tls';
import type { Outcome } from '../steady-load';

/** A report line, and a failure unless every request was answered with 200. */
export function requireAll(what: string, outcome: Outcome): void {
  console.error(`${what}: ${JSON.stringify(outcome)}`);
  assert.deepEqual(Object.keys(outcome), ['200'], what);
}

/** An option of `once`: it fails when the event has not come by then. */
export const within = (seconds: number) => ({ signal: AbortSignal.timeout(seconds * 1000) });

/** An answer by HTTP or HTTPS, as far as it matters here. */
export interface Answer {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  /** The certificate that was shown, where one was. */
  readonly certificate?: PeerCertificate;
}

/** The same, whole, on a connection of its own. @throws what the connection fails with */
export async function answerOf(options: http.RequestOptions | https.RequestOptions): Promise<Answer> {
  const program = options.protocol === 'https:' ? https : http;
  const request = program.get({ host: '127.0.0.1', path: '/api/v1/stocks', agent: false, timeout: 20_000, ...options });
  request.on('timeout', () => request.destroy(new Error('no answer in 20 s')));
  const [response] = (await once(request, 'response')) as [http.IncomingMessage];
  const { socket } = response;
  const certificate = socket instanceof TLSSocket ? socket.getPeerCertificate() : undefined;
  response.resume();
  await once(response, 'end');
  return { status: response.statusCode ?? 0, headers: response.headers, certificate };
}
