import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import http from 'node:http';
import net, { type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { GatewaySettings } from '../constructs/gateway/gateway-config';
import { localGateway } from './local-gateway';
import { ask, counted, load, type Outcome } from './steady-load';

/**
 * The gateway's configuration in a real Nginx on 127.0.0.1, before an API that is slow, closes connections or is away;
 * what happens to a client at 30 requests a second, and what stands in the log. See docs/end-to-end.md.
 */
const key = `sk_0123456789ab_${'Ab1-_'.repeat(9).slice(0, 43)}`;

interface Running {
  readonly port: number;
  readonly nginx: ChildProcess;
  /** Everything it has written, access and errors. */
  readonly log: () => string;
  readonly stop: () => Promise<void>;
}

/** An API that answers as it is told. */
class Api {
  delayMilliseconds = 0;
  /** It is as if its process ended while it gets the second request of a connection: that and all idle ones are closed. */
  endsOverAndOver = false;
  readonly clients = new Map<string, number>();
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
    response.writeHead(200, { 'content-type': 'application/json' }).end('{"data":[]}');
  }
}

async function startGateway(apiPort: number, settings: Partial<GatewaySettings> = {}): Promise<Running> {
  const directory = mkdtempSync(join(tmpdir(), 'gateway-'));
  const port = await freePort();
  const { args, logFile } = localGateway(directory, apiPort, { port, ...settings });
  const nginx = spawn('nginx', args, { stdio: 'ignore' });
  const log = () => readFileSync(logFile, 'utf8');
  const stop = async () => {
    if (nginx.exitCode === null && nginx.signalCode === null) {
      nginx.kill('SIGTERM');
      await once(nginx, 'exit');
    }
    rmSync(directory, { recursive: true, force: true });
  };
  try {
    await answersWithin(`http://127.0.0.1:${port}/healthz`, 10_000);
  } catch (error) {
    await stop();
    throw new Error(`nginx did not start: ${(error as Error).message}\n${log()}`);
  }
  return { port, nginx, log, stop };
}

/** A report line, and a failure unless every request was answered with 200. */
function requireAll(what: string, outcome: Outcome): void {
  console.error(`${what}: ${JSON.stringify(outcome)}`);
  assert.deepEqual(Object.keys(outcome), ['200'], what);
}

async function openStreams(gateway: Running): Promise<void> {
  const streams = await Promise.all(
    Array.from({ length: 50 }, async () => {
      const request = http.get({ port: gateway.port, path: '/api/v1/stream/quotes?symbols=600000.SH', agent: false });
      const [response] = (await once(request, 'response', within(20))) as [http.IncomingMessage];
      response.on('error', () => {});
      assert.equal(response.statusCode, 200, 'a stream is opened');
      return request;
    }),
  );
  requireAll('beside 50 open streams, 30 requests/s', await load(gateway.port, 5));
  for (const stream of streams) stream.destroy();
}

/** The half-sent headers stay half-sent; who is let go by the time-out comes again at once. */
async function sendHalfHeaders(gateway: Running): Promise<void> {
  let ended = false;
  const sockets = new Set<net.Socket>();
  const attack = (): void => {
    if (ended) return;
    const socket = net.connect(gateway.port, '127.0.0.1', () =>
      socket.write('GET /api/v1/stocks HTTP/1.1\r\nHost: loc'),
    );
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => {
      sockets.delete(socket);
      attack();
    });
  };
  for (let opened = 0; opened < 4500; opened += 1) {
    attack();
    if (opened % 100 === 0) await sleep(5);
  }
  await sleep(500);
  const outcome = load(gateway.port, 15);
  await sleep(2000);
  console.error(`4,500 half-sent headers take ${workerMemoryMiB(gateway.nginx)} MiB of Nginx`);
  const answered = await outcome;
  ended = true;
  for (const socket of sockets) socket.destroy();
  requireAll('beside 4,500 half-sent headers, 30 requests/s', answered);
}

async function askSlowApi(gateway: Running, api: Api): Promise<void> {
  api.delayMilliseconds = 5000;
  requireAll('an API that takes 5 s, 30 requests/s', await load(gateway.port, 20));
  api.delayMilliseconds = 0;
}

async function replaceApi(gateway: Running, api: Api): Promise<void> {
  api.endsOverAndOver = true;
  requireAll('an API that ends over and over, 30 requests/s', await load(gateway.port, 10));
  const post = { method: 'POST', headers: { 'idempotency-key': '7f3c', 'content-length': 0 } };
  requireAll('the same, POST with an Idempotency-Key', await load(gateway.port, 10, post));
  const unsafe = await load(gateway.port, 10, { method: 'POST', headers: { 'content-length': 0 } });
  console.error(`the same, POST without: ${JSON.stringify(unsafe)}`);
  assert.deepEqual(Object.keys(unsafe).sort(), ['200', '502'], 'what may not arrive twice is not sent twice');
  api.endsOverAndOver = false;
}

/** Every way in which a request ends, with a key where it does not belong; none of it is written down. */
async function plantKeys(gateway: Running, api: Api, apiPort: number): Promise<void> {
  const { port } = gateway;
  const everywhere = async () => [
    await ask(port, `/api/v1/stocks?api_key=${key}`),
    await ask(port, `/api/v1/stocks/${key}?fields=close`),
    await ask(port, '/api/v1/stocks', { headers: { referer: `http://localhost/?key=${key}` } }),
    await ask(port, `/?${key}`, { headers: { host: 'unknown.example' } }),
    await ask(port, `/?${key}${'x'.repeat(9000)}`),
    await ask(port, `/?${key}`, { headers: { 'x-large': 'x'.repeat(9000) } }),
    await ask(port, `/?${key}`, { method: 'POST', headers: { 'content-length': `${2 * 1024 * 1024}` } }),
  ];
  const statuses = new Set(await everywhere());
  for (const answer of await Promise.all(Array.from({ length: 300 }, () => ask(port, `/?${key}`))))
    statuses.add(answer);
  await raw(port, `GET /?${key} HTTP/7.1\r\n\r\n`);
  await raw(port, `nonsense ?${key}\r\n\r\n`);
  await api.stop();
  for (const answer of await everywhere()) statuses.add(answer);
  await sleep(500);
  console.error(`a key in URLs, answered ${[...statuses].sort().join(', ')}: ${gateway.log().length} bytes of log`);
  for (const status of ['200', '400', '413', '414', '421', '429', '502']) assert.ok(statuses.has(status), status);
  assert.ok(gateway.log().includes('"url.path":"/api/v1/stocks"'), 'paths are logged');
  assert.ok(gateway.log().includes('"limit.rate":"REJECTED"'), 'so is why a request was refused');
  assert.ok(!gateway.log().includes(key.slice(3, 40)), 'no key is in the log');
  await api.start(apiPort);
}

/** Two clients behind one proxy: one floods, the other is not limited for it, unless the proxy is not trusted. */
async function comeThroughProxy(apiPort: number, api: Api): Promise<void> {
  const behind = (client: string) => ({ headers: { 'x-forwarded-for': client } });
  const flood = async ({ port }: Running) => {
    const flooding = Array.from({ length: 400 }, () => ask(port, '/api/v1/stocks', behind('192.0.2.1')));
    const other = await ask(port, '/api/v1/stocks', behind('192.0.2.1, 192.0.2.2'));
    return { flooding: counted(await Promise.all(flooding)), other };
  };
  const trusting = await startGateway(apiPort, { trustedProxies: ['127.0.0.0/8'] });
  try {
    const { flooding, other } = await flood(trusting);
    console.error(
      `behind a trusted proxy, 400 requests at once: ${JSON.stringify(flooding)}; another client: ${other}`,
    );
    assert.ok((flooding['429'] ?? 0) > 0, 'the one that floods is limited');
    assert.equal(other, '200', 'the other is not');
    assert.ok(api.clients.has('192.0.2.2'), 'the API is told who asks');
  } finally {
    await trusting.stop();
  }
  api.clients.clear();
  const wary = await startGateway(apiPort);
  try {
    const { other } = await flood(wary);
    assert.equal(other, '429', 'who is not trusted cannot choose under which address it is counted');
    assert.deepEqual([...api.clients.keys()], ['127.0.0.1'], 'nor what the API is told');
  } finally {
    await wary.stop();
  }
}

async function main(): Promise<void> {
  const api = new Api();
  const apiPort = await api.start();
  // Each begins with limits that nobody has used up.
  const parts = [
    openStreams,
    sendHalfHeaders,
    (gateway: Running) => askSlowApi(gateway, api),
    (gateway: Running) => replaceApi(gateway, api),
    (gateway: Running) => plantKeys(gateway, api, apiPort),
  ];
  try {
    for (const part of parts) {
      const gateway = await startGateway(apiPort);
      await part(gateway).finally(gateway.stop);
    }
    await comeThroughProxy(apiPort, api);
  } finally {
    await api.stop();
  }
}

async function freePort(): Promise<number> {
  const server = net.createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

async function answersWithin(url: string, milliseconds: number): Promise<void> {
  const { port, pathname } = new URL(url);
  const deadline = performance.now() + milliseconds;
  for (;;) {
    const answer = await ask(Number(port), pathname);
    if (answer === '200') return;
    assert.ok(performance.now() < deadline, `${url} answers ${answer}`);
    await sleep(50);
  }
}

/** Sends bytes that no HTTP client would. */
async function raw(port: number, text: string): Promise<void> {
  const socket = net.connect(port, '127.0.0.1', () => socket.write(text));
  socket.on('error', () => {});
  socket.resume();
  await once(socket, 'close', within(20));
}

/** An option of `once`: it fails when the event has not come by then. */
const within = (seconds: number) => ({ signal: AbortSignal.timeout(seconds * 1000) });

/** What the workers take, without what they share with others. */
function workerMemoryMiB(nginx: ChildProcess): number {
  const children = readFileSync(`/proc/${nginx.pid}/task/${nginx.pid}/children`, 'utf8').trim().split(' ');
  const kiB = children.map((pid) => Number(/RssAnon:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]));
  return Math.round(kiB.reduce((total, each) => total + each, 0) / 1024);
}

main().catch((error: Error) => {
  console.error(`\n${error.message}`);
  process.exitCode = 1;
});
