import assert from 'node:assert/strict';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Entrance } from '../../constructs/gateway/gateway-config';
import { answerOf } from './answer';
import type { Api } from './api';
import { CertificateChain } from './certificate-chain';
import { startLoadBalancer, trustedAddress } from './outer-proxies';
import { freePort, startGateway } from './running-gateway';

type EntranceWithTls = Entrance & { readonly tls: NonNullable<Entrance['tls']> };

/** A gateway that ends TLS, with a chain that clients trust by its root alone. */
class Place {
  readonly folder = mkdtempSync(join(tmpdir(), 'tls-'));
  readonly certificate = join(this.folder, 'certificate');
  readonly chain = new CertificateChain(join(this.folder, 'authorities'));

  constructor() {
    mkdirSync(this.certificate);
  }

  async entrance(): Promise<EntranceWithTls> {
    const [httpPort, port] = [await freePort(), await freePort()];
    return { httpPort, tls: { port, publicPort: port, folder: this.certificate } };
  }

  /** Asks as a client that trusts the root, and that checks the name of the host. */
  ask = (port: number, options = {}) =>
    answerOf({
      protocol: 'https:',
      port,
      ca: this.chain.root,
      servername: 'localhost',
      headers: { host: 'localhost' },
      ...options,
    });

  remove = (): void => rmSync(this.folder, { recursive: true });
}

async function endTls(apiPort: number, api: Api, place: Place): Promise<void> {
  const { chain, certificate } = place;
  chain.issue('leaf', certificate);
  const entrance = await place.entrance();
  const { port } = entrance.tls;
  const gateway = await startGateway(apiPort, { entrance });
  try {
    const secure = await place.ask(port);
    assert.deepEqual([secure.status, secure.certificate?.subject.CN], [200, 'leaf']);
    assert.equal(secure.headers['strict-transport-security'], 'max-age=31536000');
    assert.equal(api.told['x-forwarded-proto'], 'https');
    await assert.rejects(place.ask(port, { ca: undefined }), /unable to get local issuer certificate/);
    await assert.rejects(place.ask(port, { maxVersion: 'TLSv1.1', minVersion: 'TLSv1' }), /protocol|version/i);
    const unknown = await place.ask(port, { headers: { host: 'unknown.example' } });
    assert.equal(unknown.status, 421, 'a name that it does not know');

    const plain = await answerOf({ port: entrance.httpPort, path: '/a?b=c', headers: { host: 'localhost' } });
    assert.deepEqual([plain.status, plain.headers.location], [308, `https://localhost:${port}/a?b=c`]);
    assert.equal(plain.headers['strict-transport-security'], undefined, 'nothing is said of it without TLS');
    const elsewhere = await answerOf({ port: entrance.httpPort, headers: { host: 'elsewhere.example' } });
    assert.deepEqual([elsewhere.status, elsewhere.headers.location], [421, undefined], 'nobody is sent elsewhere');
    const inside = await answerOf({ port: gateway.port });
    assert.deepEqual([inside.status, inside.headers['strict-transport-security']], [200, undefined]);

    const six = await place.ask(port, { host: '::1' });
    assert.deepEqual([six.status, api.told['x-forwarded-for']], [200, '::1'], 'by IPv6');
    const local = { host: '::1', headers: { host: 'localhost' } };
    assert.equal((await answerOf({ ...local, port: gateway.port })).status, 200);
    assert.equal((await answerOf({ ...local, port: entrance.httpPort })).status, 308);

    chain.issue('renewed', certificate);
    assert.equal((await place.ask(port)).certificate?.subject.CN, 'renewed', 'without a start');
    chain.issue('alone', certificate, { hasIntermediate: false });
    await assert.rejects(place.ask(port), /unable to verify the first certificate/, 'the root alone is not enough');
    console.error('TLS: a chain, a renewal, the way from HTTP, HSTS over TLS alone, and all of it by [::1]');
  } finally {
    await gateway.stop();
  }
}

/** As a load balancer passes TLS on. */
async function endTlsBehindProxyProtocol(apiPort: number, api: Api, place: Place): Promise<void> {
  place.chain.issue('balanced', place.certificate);
  const entrance = await place.entrance();
  const gateway = await startGateway(apiPort, {
    entrance,
    proxies: { addresses: [`${trustedAddress}/32`], speak: 'PROXY protocol' },
  });
  const balancers = [await startLoadBalancer(entrance.tls.port), await startLoadBalancer(entrance.httpPort)] as const;
  try {
    const [secure, plain] = balancers;
    const answer = await place.ask(secure.port, { localAddress: '127.1.0.7' });
    assert.equal(answer.status, 200);
    assert.deepEqual([api.told['x-forwarded-for'], api.told['x-forwarded-proto']], ['127.1.0.7', 'https']);
    assert.equal((await answerOf({ port: plain.port, headers: { host: 'localhost' } })).status, 308);
    console.error('TLS behind the PROXY protocol: the client is the client');
  } finally {
    for (const balancer of balancers) await balancer.stop();
    await gateway.stop();
  }
}

async function refuseToStart(apiPort: number, place: Place): Promise<void> {
  const { chain, certificate, folder } = place;
  const other = join(folder, 'other');
  mkdirSync(other);
  chain.issue('one', certificate);
  chain.issue('two', other);
  const { tls, httpPort } = await place.entrance();
  const missing = { httpPort, tls: { ...tls, folder: join(folder, 'nowhere') } };
  await assert.rejects(startGateway(apiPort, { entrance: missing }), /cannot load certificate/);
  copyFileSync(join(other, 'tls.key'), join(certificate, 'tls.key'));
  await assert.rejects(startGateway(apiPort, { entrance: { httpPort, tls } }), /key values mismatch/);
  console.error('TLS: without a certificate, or with the key of another, it does not start and says why');
}

export async function comeByTls(apiPort: number, api: Api): Promise<void> {
  const place = new Place();
  try {
    await endTls(apiPort, api, place);
    await endTlsBehindProxyProtocol(apiPort, api, place);
    await refuseToStart(apiPort, place);
  } finally {
    place.remove();
  }
}
