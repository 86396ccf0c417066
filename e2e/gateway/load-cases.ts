import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { ask, load } from '../steady-load';
import { requireAll, within } from './answer';
import type { Api } from './api';
import type { Running } from './running-gateway';

const key = `sk_0123456789ab_${'Ab1-_'.repeat(9).slice(0, 43)}`;

export async function openStreams(gateway: Running): Promise<void> {
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
export async function sendHalfHeaders(gateway: Running): Promise<void> {
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

export async function askSlowApi(gateway: Running, api: Api): Promise<void> {
  api.delayMilliseconds = 5000;
  requireAll('an API that takes 5 s, 30 requests/s', await load(gateway.port, 20));
  api.delayMilliseconds = 0;
}

export async function replaceApi(gateway: Running, api: Api): Promise<void> {
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
export async function plantKeys(gateway: Running, api: Api, apiPort: number): Promise<void> {
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

/** Sends bytes that no HTTP client would. */
async function raw(port: number, text: string): Promise<void> {
  const socket = net.connect(port, '127.0.0.1', () => socket.write(text));
  socket.on('error', () => {});
  socket.resume();
  await once(socket, 'close', within(20));
}

/** What the workers take, without what they share with others. */
function workerMemoryMiB(nginx: ChildProcess): number {
  const children = readFileSync(`/proc/${nginx.pid}/task/${nginx.pid}/children`, 'utf8').trim().split(' ');
  const kiB = children.map((pid) => Number(/RssAnon:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]));
  return Math.round(kiB.reduce((total, each) => total + each, 0) / 1024);
}
