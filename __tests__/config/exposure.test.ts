import { defineEnvironment } from '../../config/environment';
import dev from '../../config/environments/dev';
import local from '../../config/environments/local';
import production from '../../config/environments/production';
import { previewOf } from '../../config/preview';
import { changed } from './changed';
import { problems } from './problems';

const trustedProxies = ['10.0.0.0/8'];
const parent = { name: 'shared', namespace: 'gateways' };
const controller = { namespace: 'traefik', labels: { 'app.kubernetes.io/name': 'traefik' } };

test('an environment that says nothing is reached by nobody outside', () => {
  expect(dev.exposure).toEqual({ type: 'internal' });
});

test.each([
  [dev, { type: 'loadBalancer' }, []],
  [
    dev,
    {
      type: 'loadBalancer',
      class: 'service.k8s.aws/nlb',
      annotations: { 'service.beta.kubernetes.io/aws-load-balancer-scheme': 'internet-facing' },
      sourceRanges: ['0.0.0.0/0', '::/0'],
      proxyProtocol: true,
      tls: { secret: 'api.example-tls' },
    },
    trustedProxies,
  ],
  [dev, { type: 'ingress', class: 'traefik', controller, tls: { by: 'issuer', name: 'letsencrypt' } }, trustedProxies],
  [dev, { type: 'gateway', parent: { ...parent, listener: 'https', redirectListener: 'http' } }, trustedProxies],
  [local, { type: 'published' }, []],
  [local, { type: 'published', addresses: ['0.0.0.0', '::'], httpsPort: 8443 }, []],
])('it may say so: $name %j', (config, exposure, proxies) => {
  expect(problems(changed(config, { exposure, 'gateway.trustedProxies': proxies }))).toEqual([]);
});

test.each([
  [
    { type: 'nodePort' },
    'exposure.type: got "nodePort", allowed: "internal", "loadBalancer", "ingress", "gateway", "published"',
  ],
  [{ type: 'internal', class: 'x' }, 'exposure.class: unknown key; remove it or correct its name'],
  [
    { type: 'loadBalancer', sourceRanges: ['10.0.0.0/8', '10.0.0.1'] },
    'exposure.sourceRanges.1: got "10.0.0.1", allowed: addresses as CIDR, e.g. 10.0.0.0/8 or fd00::/8',
  ],
  [
    { type: 'loadBalancer', annotations: { 'a b': 'c' } },
    'exposure.annotations: got "a b", allowed: a name of an annotation, e.g. example.com/name',
  ],
  [
    { type: 'loadBalancer', tls: { secret: 'API_TLS' } },
    'exposure.tls.secret: got "API_TLS", allowed: a name of lower-case letters, digits, "-" and "."',
  ],
  [{ type: 'ingress', tls: { by: 'acme' } }, 'exposure.tls.by: got "acme", allowed: "secret", "issuer", "controller"'],
  [
    { type: 'ingress', controller: { namespace: 'traefik', labels: {} } },
    'exposure.controller.labels: got {}, allowed: one label or more',
  ],
  [{ type: 'gateway' }, 'exposure.parent: got nothing, allowed: a value of type object'],
])('what cannot be is refused with its path, its value and what is allowed: %j', (exposure, line) => {
  expect(problems(changed(dev, { exposure, 'gateway.trustedProxies': trustedProxies }))).toEqual([line]);
});

test('an address of the machine is one', () => {
  expect(problems(changed(local, { exposure: { type: 'published', addresses: ['localhost'] } }))).toEqual([
    'exposure.addresses.0: got "localhost", allowed: an address of IPv4 or IPv6',
  ]);
});

test('a cluster has no ports of a machine, and an engine no objects of a cluster', () => {
  expect(problems(changed(dev, { exposure: { type: 'published' } }))).toEqual([
    'exposure.type: got "published", allowed: "internal", "loadBalancer", "ingress", "gateway" on kubernetes',
  ]);
  expect(problems(changed(local, { exposure: { type: 'loadBalancer' } }))).toEqual([
    'exposure.type: got "loadBalancer", allowed: "internal", "published" on docker',
  ]);
});

test.each([{ type: 'ingress' }, { type: 'gateway', parent }, { type: 'loadBalancer', proxyProtocol: true }])(
  'whose addresses are not known, what stands before would be the only client: %j',
  (exposure) => {
    expect(problems(changed(dev, { exposure }))).toEqual([
      'gateway.trustedProxies: got [], allowed: the addresses of what stands before the gateway, or all clients would be counted as one',
    ]);
  },
);

test('not everybody is trusted, in either family', () => {
  expect(problems(changed(dev, { 'gateway.trustedProxies': ['0.0.0.0/0', '::/0'] }))).toEqual([
    'gateway.trustedProxies.0: got "0.0.0.0/0", allowed: addresses as CIDR, not all of them, e.g. 10.0.0.0/8',
    'gateway.trustedProxies.1: got "::/0", allowed: addresses as CIDR, not all of them, e.g. 10.0.0.0/8',
  ]);
});

describe('in production keys of the API are not sent in the open', () => {
  const refused = [
    'exposure.tls: got nothing, allowed: a certificate in production, or keys of the API would be read on their way',
  ];
  const said = (exposure: object, proxies: readonly string[] = []) =>
    problems(changed(production, { exposure, 'gateway.trustedProxies': proxies }));

  test('by a load balancer, unless what stands before it ends TLS', () => {
    expect(said({ type: 'loadBalancer' })).toEqual(refused);
    expect(said({ type: 'loadBalancer', proxyProtocol: true }, trustedProxies)).toEqual(refused);
    expect(said({ type: 'loadBalancer' }, trustedProxies)).toEqual([]);
    expect(said({ type: 'loadBalancer', tls: { secret: 'a' } })).toEqual([]);
  });

  test('nor by an ingress', () => {
    expect(said({ type: 'ingress' }, trustedProxies)).toEqual(refused);
    expect(said({ type: 'ingress', tls: { by: 'controller' } }, trustedProxies)).toEqual([]);
  });
});

test('a port of the machine is taken once', () => {
  const allowed = 'allowed: a port that is neither the other one nor gateway.localPort';
  const published = (httpPort: number, httpsPort: number) =>
    problems(changed(local, { exposure: { type: 'published', httpPort, httpsPort } }));
  expect(published(443, 443)).toEqual([`exposure.httpsPort: got 443, ${allowed}`]);
  expect(published(8080, 443)).toEqual([`exposure.httpPort: got 8080, ${allowed}`]);
});

test('a preview is not where its base is', () => {
  const base = defineEnvironment(changed(dev, { exposure: { type: 'loadBalancer' } }));
  expect(previewOf(base, { name: 'pr-7', hours: 1 }).exposure).toEqual({ type: 'internal' });
});
