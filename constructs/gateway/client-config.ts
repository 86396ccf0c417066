import type { Directive } from './directives';

/** What stands before the gateway and may say who its clients are. */
export interface TrustedProxies {
  /** Their addresses (CIDR); nobody is believed when there are none. */
  readonly addresses: readonly string[];
  /** How they say it. */
  readonly speak: 'X-Forwarded-For' | 'PROXY protocol';
}

/** Who is counted: an address of IPv4, or of IPv6 the network that a single client has whole. */
export const client = '$client';
/** The scheme under which the client asked. */
export const clientScheme = '$client_scheme';
/** The id of the request: given by a proxy, or made here. */
export const traceId = '$trace_id';
/** Whether a proxy says that the client asked without TLS. */
export const askedWithoutTls = '$asked_without_tls';

/** Ids that the API takes too; a key of the API sent here by mistake is none. */
const requestId = String.raw`(?!sk_)[-\w]{8,64}`;

/** Who a client is, what it asked for and under which id: as the proxies that are trusted say, and as nobody else does. */
export const clientConfig = (proxies: TrustedProxies): Directive[] => [
  ...addressOfClient(proxies),
  // The connection's own address, whatever the client's is taken to be.
  ['geo $realip_remote_addr $is_from_proxy', ['default 0', ...believedInHeaders(proxies).map((each) => `${each} 1`)]],
  [
    `map "$is_from_proxy $http_x_forwarded_proto" ${clientScheme}`,
    ['default $scheme', '"1 http" http', '"1 https" https'],
  ],
  [`map "$is_from_proxy $http_x_forwarded_proto" ${askedWithoutTls}`, ['default 0', '"1 http" 1']],
  [
    `map "$is_from_proxy $http_x_request_id" ${traceId}`,
    ['default $request_id', `"~^1 (?<given_id>${requestId})$" $given_id`],
  ],
  // Sixteen bytes are IPv6: a client has 64 bits of it to choose addresses from.
  [`map $binary_remote_addr ${client}`, ['default $binary_remote_addr', '"~(?s)^(?<network>.{8}).{8}$" $network']],
];

/** The last address of X-Forwarded-For that is not a proxy's, or the one that the PROXY protocol says. */
const addressOfClient = ({ addresses, speak }: TrustedProxies): Directive[] =>
  addresses.length === 0
    ? []
    : [
        ...addresses.map((each) => `set_real_ip_from ${each}`),
        ...(speak === 'PROXY protocol'
          ? ['real_ip_header proxy_protocol']
          : ['real_ip_header X-Forwarded-For', 'real_ip_recursive on']),
      ];

/** Behind the PROXY protocol the headers are the client's own. */
const believedInHeaders = ({ addresses, speak }: TrustedProxies): readonly string[] =>
  speak === 'X-Forwarded-For' ? addresses : [];
