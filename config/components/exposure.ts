import { z } from 'zod';
import { cidr } from '../cidr';
import { port, revision } from '../fields';
import { annotations, objectName, podsOfOthers, qualifiedName } from '../kubernetes-fields';
import type { Place } from '../place';
import type { Rule } from '../rule';

/** Whether what stands before begins each connection with the PROXY protocol: it passes bytes on, and can say who sent them in no other way. */
const proxyProtocol = z.boolean().default(false);

/** Nobody comes in but through what others put before the gateway's Service, or on 127.0.0.1 of the machine. */
const internal = z.strictObject({ type: z.literal('internal') });

/** A Service of type LoadBalancer; who comes keeps the address. */
const loadBalancer = z.strictObject({
  type: z.literal('loadBalancer'),
  /** Whose it is, where the cluster has several; another one is another Service. @default - the cluster's own */
  class: qualifiedName.optional(),
  annotations,
  /** Who may come. @default - everybody */
  sourceRanges: z.array(cidr).default([]),
  proxyProtocol,
  /** A Secret of type kubernetes.io/tls in the namespace. @default - TLS does not end here */
  tls: z.strictObject({ secret: objectName }).optional(),
});

/** Where the certificate of an Ingress is from. */
const ingressTls = z.discriminatedUnion('by', [
  /** A Secret of type kubernetes.io/tls in the namespace. */
  z.strictObject({ by: z.literal('secret'), name: objectName }),
  /** cert-manager. */
  z.strictObject({
    by: z.literal('issuer'),
    kind: z.enum(['ClusterIssuer', 'Issuer']).default('ClusterIssuer'),
    name: objectName,
  }),
  /** The controller has one, or annotations say which. */
  z.strictObject({ by: z.literal('controller') }),
]);

const ingress = z.strictObject({
  type: z.literal('ingress'),
  /** Name of the IngressClass. @default - the cluster's default */
  class: objectName.optional(),
  annotations,
  /** The controller's pods, which alone are let in. @default - gateway.trustedProxies are: no policy selects pods with the network of their nodes */
  controller: podsOfOthers.optional(),
  /** @default - clients come without TLS */
  tls: ingressTls.optional(),
});

/** A route of the Gateway API at a Gateway that is there already, and that lets in routes of the namespace. */
const gateway = z.strictObject({
  type: z.literal('gateway'),
  annotations,
  parent: z.strictObject({
    name: objectName,
    namespace: objectName,
    /** Its listener that ends TLS. @default - all of its listeners */
    listener: objectName.optional(),
    /** Its listener without TLS, whose clients are sent to TLS. @default - nobody is sent there */
    redirectListener: objectName.optional(),
  }),
  /** The pods that serve it, which alone are let in. @default - gateway.trustedProxies are */
  controller: podsOfOthers.optional(),
});

/** Ports of the machine, with TLS: its certificate and key are files (docs/exposure.md). */
const published = z.strictObject({
  type: z.literal('published'),
  /** Addresses of the machine. @default - every one of IPv4 */
  addresses: z
    .array(z.union([z.ipv4(), z.ipv6()], 'an address of IPv4 or IPv6'))
    .min(1, 'one address or more')
    .default(['0.0.0.0']),
  httpPort: port.default(80),
  httpsPort: port.default(443),
  proxyProtocol,
  /** Raise it to have the files of the certificate and its key read again by the next apply. */
  certificateRevision: revision,
});

const schema = z
  .discriminatedUnion('type', [internal, loadBalancer, ingress, gateway, published])
  .default({ type: 'internal' });

export type Exposure = z.output<typeof schema>;
export type LoadBalancerExposure = z.output<typeof loadBalancer>;
export type IngressExposure = z.output<typeof ingress>;
export type GatewayExposure = z.output<typeof gateway>;
export type PublishedExposure = z.output<typeof published>;

/** Ports of the machine that are taken, beside the one on 127.0.0.1. */
export const publishedPorts = (exposure: Exposure): number[] =>
  exposure.type === 'published' ? [exposure.httpPort, exposure.httpsPort] : [];

const onTarget: Record<Place['target'], ReadonlyArray<Exposure['type']>> = {
  docker: ['internal', 'published'],
  kubernetes: ['internal', 'loadBalancer', 'ingress', 'gateway'],
};

interface Exposed extends Pick<Place, 'target' | 'tier'> {
  readonly exposure: Exposure;
  readonly gateway: { readonly trustedProxies: readonly string[]; readonly localPort?: number | undefined };
}

const rules = ({ exposure, gateway: { trustedProxies, localPort }, target, tier }: Exposed): Rule[] => [
  {
    isBroken: !onTarget[target].includes(exposure.type),
    path: 'exposure.type',
    got: exposure.type,
    allowed: `${onTarget[target].map((type) => `"${type}"`).join(', ')} on ${target}`,
  },
  {
    isBroken: comesThroughProxy(exposure) && trustedProxies.length === 0,
    path: 'gateway.trustedProxies',
    got: trustedProxies,
    allowed: 'the addresses of what stands before the gateway, or all clients would be counted as one',
  },
  {
    isBroken: tier === 'production' && !isEncrypted(exposure, trustedProxies),
    path: 'exposure.tls',
    got: undefined,
    allowed: 'a certificate in production, or keys of the API would be read on their way',
  },
  ...portRules(exposure, localPort),
];

const comesThroughProxy = (exposure: Exposure): boolean =>
  exposure.type === 'ingress' || exposure.type === 'gateway' || ('proxyProtocol' in exposure && exposure.proxyProtocol);

/** Where TLS may end before it, that is the matter of what ends it. */
function isEncrypted(exposure: Exposure, trustedProxies: readonly string[]): boolean {
  if (exposure.type === 'ingress') return exposure.tls !== undefined;
  if (exposure.type !== 'loadBalancer') return true;
  return exposure.tls !== undefined || (trustedProxies.length > 0 && !exposure.proxyProtocol);
}

const portRules = (exposure: Exposure, localPort: number | undefined): Rule[] =>
  publishedPorts(exposure).map((taken, index, all) => ({
    isBroken: [localPort, ...all.slice(0, index)].includes(taken),
    path: index === 0 ? 'exposure.httpPort' : 'exposure.httpsPort',
    got: taken,
    allowed: 'a port that is neither the other one nor gateway.localPort',
  }));

export const exposure = { schema, rules };
