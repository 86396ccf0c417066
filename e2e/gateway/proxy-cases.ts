import assert from 'node:assert/strict';
import net from 'node:net';
import { ask, counted, type Outcome } from '../steady-load';
import { answerOf, requireAll } from './answer';
import type { Api } from './api';
import {
  givenRequestId,
  type OuterProxy,
  proxyProtocol2,
  startIngress,
  startLoadBalancer,
  trustedAddress,
} from './outer-proxies';
import { freePort, type Running, startGateway } from './running-gateway';

const addresses = [`${trustedAddress}/32`];
const behindIngress = { proxies: { addresses, speak: 'X-Forwarded-For' } } as const;
/** Addresses of clients, all of them on this machine. */
const clients = Array.from({ length: 250 }, (_, index) => `127.1.0.${index + 1}`);
const flooding = '127.1.1.1';
const somebody = '127.1.1.2';
/** What nobody believes of a client. */
const forged = {
  'x-forwarded-for': '198.51.100.1',
  'x-forwarded-proto': 'https',
  'x-forwarded-host': 'elsewhere.example',
  forwarded: 'for=198.51.100.1;proto=https',
  'x-request-id': 'written-by-the-client',
};

/** All of 250 clients behind one proxy are within their limits, one is beyond it, and one asks beside that. */
async function countClients(what: string, { port }: OuterProxy, api: Api): Promise<void> {
  api.clients.clear();
  const ofOne = async (localAddress: string) => {
    const answers: string[] = [];
    for (let sent = 0; sent < 4; sent += 1) answers.push(await ask(port, '/api/v1/stocks', { localAddress }));
    return answers;
  };
  const answers = await Promise.all(clients.map(ofOne));
  requireAll(`${what}, 1,000 requests of 250 clients`, counted(answers.flat()));
  assert.deepEqual([...api.clients.keys()].sort(), [...clients].sort(), 'the API is told each of them');
  const flood = Array.from({ length: 400 }, () => ask(port, '/api/v1/stocks', { localAddress: flooding }));
  const other = await ask(port, '/api/v1/stocks', { localAddress: somebody });
  const outcome: Outcome = counted(await Promise.all(flood));
  console.error(`${what}, 400 requests of one client at once: ${JSON.stringify(outcome)}; another: ${other}`);
  assert.ok((outcome['429'] ?? 0) > 0, 'who floods is limited');
  assert.equal(other, '200', 'nobody else is');
}

const told = (api: Api, ...names: string[]) => names.map((name) => api.told[name]);

/** What is believed of a proxy that speaks HTTP, and of nobody else. */
async function believeIngress(gateway: Running, ingress: OuterProxy, api: Api): Promise<void> {
  const { headers } = await answerOf({ port: ingress.port, localAddress: somebody, headers: forged });
  assert.deepEqual(
    told(api, 'x-forwarded-for', 'x-forwarded-proto', 'x-request-id', 'x-forwarded-host', 'forwarded'),
    [somebody, 'https', givenRequestId, '127.0.0.1', undefined],
    'the proxy is believed, and not what the client wrote before it',
  );
  assert.equal(headers['strict-transport-security'], 'max-age=31536000', 'who came by TLS is told to come back by it');
  const direct = await answerOf({ port: gateway.port, localAddress: somebody, headers: forged });
  assert.deepEqual(told(api, 'x-forwarded-for', 'x-forwarded-proto'), [somebody, 'http']);
  assert.match(`${api.told['x-request-id']}`, /^[0-9a-f]{32}$/, 'the id is made here');
  assert.equal(direct.headers['strict-transport-security'], undefined, 'who came without TLS is not');
  for (const id of [
    'short',
    `sk_0123456789ab_${'a'.repeat(43)}`,
    'a'.repeat(65),
    'with space in it',
    'semi;colon-12',
  ]) {
    await answerOf({ port: gateway.port, localAddress: trustedAddress, headers: { 'x-request-id': id } });
    assert.match(`${api.told['x-request-id']}`, /^[0-9a-f]{32}$/, `${id} is no id`);
  }
  console.error('behind an ingress: its client, scheme and request id are believed, those of anybody else are not');
}

/** Where TLS ends before the gateway, clients that came without it are sent there; nobody inside is. */
async function sendToTls(apiPort: number): Promise<void> {
  const gateway = await startGateway(apiPort, { ...behindIngress, sendsToTls: true });
  try {
    const asked = async (localAddress: string, headers = {}) =>
      answerOf({ port: gateway.port, path: '/a?b=c', localAddress, headers: { host: 'localhost', ...headers } });
    const plain = await asked(trustedAddress, { 'x-forwarded-proto': 'http' });
    assert.deepEqual([plain.status, plain.headers.location], [308, 'https://localhost/a?b=c']);
    assert.equal((await asked(trustedAddress, { 'x-forwarded-proto': 'https' })).status, 200);
    assert.equal((await asked(trustedAddress)).status, 200, 'a probe from within');
    assert.equal((await asked(somebody, { 'x-forwarded-proto': 'http' })).status, 200, 'nobody else says so');
    console.error('behind an ingress with TLS: who came without is sent to https://localhost/a?b=c');
  } finally {
    await gateway.stop();
  }
}

/** A client of IPv6 has a whole network of addresses to choose from. */
async function countNetworks({ port }: Running): Promise<void> {
  const from = (client: string) =>
    ask(port, '/api/v1/stocks', { localAddress: trustedAddress, headers: { 'x-forwarded-for': client } });
  const flood = Array.from({ length: 400 }, (_, index) => from(`2001:db8:0:1::${index.toString(16)}`));
  const other = await from('2001:db8:0:2::1');
  const outcome = counted(await Promise.all(flood));
  console.error(`400 addresses of one network of IPv6 at once: ${JSON.stringify(outcome)}; another network: ${other}`);
  assert.ok((outcome['429'] ?? 0) > 0, 'they are one client');
  assert.equal(other, '200', 'the other is another');
}

export async function comeThroughIngress(apiPort: number, api: Api): Promise<void> {
  const gateway = await startGateway(apiPort, behindIngress);
  const ingress = await startIngress(gateway.port);
  try {
    await countClients('behind an ingress', ingress, api);
    await believeIngress(gateway, ingress, api);
    await countNetworks(gateway);
  } finally {
    await ingress.stop();
    await gateway.stop();
  }
  await sendToTls(apiPort);
}

/** What is said in the PROXY protocol is believed of a proxy; the headers behind it are the client's own. */
async function believeLoadBalancer(httpPort: number, balancer: OuterProxy, api: Api): Promise<void> {
  await answerOf({ port: balancer.port, localAddress: somebody, headers: forged });
  assert.deepEqual(told(api, 'x-forwarded-for', 'x-forwarded-proto', 'forwarded'), [somebody, 'http', undefined]);
  assert.match(`${api.told['x-request-id']}`, /^[0-9a-f]{32}$/, 'the id is made here');
  await sayOneIs('198.51.100.1', somebody, httpPort);
  assert.deepEqual(told(api, 'x-forwarded-for'), [somebody], 'who is no proxy is who connects');
  const binary = await startLoadBalancer(httpPort, proxyProtocol2);
  await answerOf({ port: binary.port, localAddress: somebody }).finally(binary.stop);
  assert.deepEqual(told(api, 'x-forwarded-for'), [somebody], 'so it is in the binary form');
  console.error('behind the PROXY protocol: its client is believed, a forged one and the headers are not');
}

/** A request of a client that begins its connection as if it was a proxy. */
async function sayOneIs(pretended: string, localAddress: string, port: number): Promise<void> {
  const socket = net.connect({ port, host: '127.0.0.1', localAddress });
  socket.write(`PROXY TCP4 ${pretended} 127.0.0.1 40000 ${port}\r\n`);
  socket.write('GET /api/v1/stocks HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n');
  let answer = '';
  for await (const chunk of socket.setEncoding('utf8')) answer += chunk;
  assert.match(answer, /^HTTP\/1\.1 200 /);
}

export async function comeThroughLoadBalancer(apiPort: number, api: Api): Promise<void> {
  const httpPort = await freePort();
  const gateway = await startGateway(apiPort, {
    proxies: { addresses, speak: 'PROXY protocol' },
    entrance: { httpPort },
  });
  const balancer = await startLoadBalancer(httpPort);
  try {
    await countClients('behind the PROXY protocol', balancer, api);
    await believeLoadBalancer(httpPort, balancer, api);
    assert.equal(await ask(gateway.port, '/healthz'), '200', 'who is inside does not say first who comes');
  } finally {
    await balancer.stop();
    await gateway.stop();
  }
}
