import { askedWithoutTls, client, clientConfig, clientScheme, type TrustedProxies, traceId } from './client-config';
import { type Directive, renderDirectives } from './directives';
import {
  type CertificateFolder,
  checkedAtStart,
  tlsConfig,
  transportSecurity,
  transportSecurityByScheme,
} from './tls-config';

export interface GatewaySettings {
  readonly hosts: readonly string[];
  /** Without TLS, for those inside and for what ends TLS before it. */
  readonly port: number;
  /** Where those outside come to it directly. @default - they do not */
  readonly entrance?: Entrance | undefined;
  /** Address and port on which it tells how many connections and requests it has had. @default - it does not tell */
  readonly statusAddress?: string;
  /** Where requests go, by the beginning of their path. */
  readonly routes: readonly GatewayRoute[];
  /** What people look at, beside the routes. @default - nothing */
  readonly pages?: readonly Page[];
  readonly cpuMillicores: number;
  readonly memoryMiB: number;
  readonly proxies: TrustedProxies;
  /** Whether clients that a proxy says came without TLS are sent to it. @default false */
  readonly sendsToTls?: boolean;
}

/** Ports that clients outside reach, themselves or through what passes their bytes on. */
export interface Entrance {
  /** Without TLS. Where there is TLS too, it sends everybody there. */
  readonly httpPort: number;
  /** @default - TLS does not end here */
  readonly tls?: (CertificateFolder & { readonly port: number; readonly publicPort: number }) | undefined;
}

export interface GatewayRoute {
  readonly path: string;
  /** Name of what answers. */
  readonly upstream: string;
  /** Its host and port. */
  readonly address: string;
  /**
   * Host and port by which each of its replicas is found, looked up while Nginx runs; `$cluster_domain` in it stands for what
   * names in a cluster end with. @default - what is tried again is tried at the same address
   */
  readonly replicas?: string | undefined;
  readonly answers: 'end' | 'stay open';
}

/** Pages that may be away, or not there yet: who answers is looked up when they are asked for. */
export interface Page {
  /** Begins and ends with a slash. */
  readonly path: string;
  /** Host and port, with `$cluster_domain` as above. */
  readonly address: string;
  /** Path of the passwords of which one is asked for. @default - what answers asks itself */
  readonly passwords?: string | undefined;
}

/** Requests one address may send: the rate, and how far it may be ahead of it. */
const requestsPerSecond = 50;
const burst = 100;

/** An API that takes this long for every answer is slow, and none of its clients is at fault. */
const slowAnswerSeconds = 10;
/** Requests of one address that may be under way. */
const requestsUnderWay = requestsPerSecond * slowAnswerSeconds;
/** Streams one address may have open, beside its requests: the API allows 20 a key. */
const streamsOpen = 100;

/** The same for pages: a browser loads hundreds of files at once. */
const pageBurst = 400;

/**
 * Connections per MiB of memory; a client that has sent half a header costs 10 KiB and its socket in the kernel, and
 * one whose request is passed on has two connections.
 */
const connectionsPerMiB = 64;

/** The nginx.conf of the gateway. */
export function renderGatewayConfig(settings: GatewaySettings): string {
  const {
    hosts,
    statusAddress,
    routes,
    pages = [],
    cpuMillicores,
    memoryMiB,
    proxies,
    entrance,
    sendsToTls,
  } = settings;
  const { inside, withoutTls, withTls } = listenersOf(settings);
  const tls = entrance?.tls;
  const knowsScheme = tls !== undefined || proxies.addresses.length > 0;
  const headers = (knowsScheme ? [...securityHeaders, transportSecurity] : securityHeaders).flatMap(instead);
  const names = `server_name ${hosts.join(' ')}`;
  const workers = Math.max(1, Math.ceil(cpuMillicores / 1000));
  const connections = Math.floor((memoryMiB * connectionsPerMiB) / workers);
  return renderDirectives([
    `worker_processes ${workers}`,
    // Files of answers that are larger than the buffers come on top.
    `worker_rlimit_nofile ${connections + 1024}`,
    'pid /tmp/nginx.pid',
    'error_log /dev/stderr warn',
    // What is still open then is a stream, whose client comes back by itself.
    'worker_shutdown_timeout 20s',
    [
      'events',
      [
        `worker_connections ${connections}`,
        // A worker that is nearly full leaves new connections to the others.
        'accept_mutex on',
      ],
    ],
    [
      'http',
      [
        'include /etc/nginx/mime.types',
        'default_type application/octet-stream',
        // Its messages about requests quote them, queries and all; the access log says as much without.
        'error_log /dev/stderr emerg',
        ['map $request_uri $logged_path', loggedPath],
        `log_format json escape=json '${accessLogLine}'`,
        'access_log /dev/stdout json',
        'server_tokens off',
        ...['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path /tmp/${name}`),
        'client_max_body_size 1m',
        // Nothing counts a client by its address before its header is whole, so the header has to come soon.
        'client_header_timeout 5s',
        'client_body_timeout 10s',
        'send_timeout 30s',
        'keepalive_timeout 30s',
        'reset_timedout_connection on',
        'large_client_header_buffers 4 8k',
        'gzip on',
        'gzip_proxied any',
        'gzip_min_length 1024',
        'gzip_types application/json application/problem+json text/csv text/css application/javascript',
        ...clientConfig(proxies),
        ...(tls ? tlsConfig(tls) : []),
        ...(knowsScheme ? [transportSecurityByScheme] : []),
        `limit_req_zone ${client} zone=requests:10m rate=${requestsPerSecond}r/s`,
        ...(pages.length > 0 ? [pageRate] : []),
        `limit_conn_zone ${client} zone=under_way:10m`,
        `limit_conn_zone ${client} zone=streams:10m`,
        'limit_req_status 429',
        'limit_conn_status 429',
        ...(looksUp(settings) ? ['include /tmp/resolver.conf'] : []),
        ['map "$request_method $http_idempotency_key" $may_be_repeated', mayBeRepeated],
        ...upstreams(routes),
        ...(statusAddress === undefined ? [] : [status(statusAddress)]),
        [
          'server',
          [
            ...[...inside, ...withoutTls, ...withTls].flatMap((each) => listen(each, 'default_server')),
            'server_name _',
            health,
            ['location /', ['return 421']],
          ],
        ],
        ...(tls ? [sendingToTls(withoutTls, names, tls)] : []),
        [
          'server',
          [
            ...[...inside, ...(tls ? withTls : withoutTls)].flatMap((each) => listen(each)),
            names,
            ...headers,
            // It does not know under which scheme and port its clients reach it.
            'absolute_redirect off',
            ...(sendsToTls ? [[`if (${askedWithoutTls})`, ['return 308 https://$host$request_uri']] as const] : []),
            health,
            ...routes.flatMap(locationsOf),
            ...pages.map(pageLocation),
          ],
        ],
      ],
    ],
  ]);
}

/** A port, and what is spoken on it. */
interface Listener {
  readonly port: number;
  readonly speaks: readonly string[];
}

function listenersOf({ port, entrance, proxies }: GatewaySettings) {
  const before = proxies.speak === 'PROXY protocol' ? ['proxy_protocol'] : [];
  return {
    inside: [{ port, speaks: [] }],
    withoutTls: entrance ? [{ port: entrance.httpPort, speaks: before }] : [],
    withTls: entrance?.tls ? [{ port: entrance.tls.port, speaks: ['ssl', ...before] }] : [],
  };
}

/** In both families; start.sh leaves out the one that a kernel does not have. */
const listen = ({ port, speaks }: Listener, ...options: string[]): Directive[] =>
  [`${port}`, `[::]:${port}`].map((address) => ['listen', address, ...speaks, ...options].join(' '));

type Tls = NonNullable<Entrance['tls']>;

/** Names that it does not know are not sent anywhere. */
const sendingToTls = (listeners: readonly Listener[], names: string, tls: Tls): Directive => [
  'server',
  [
    ...listeners.flatMap((each) => listen(each)),
    names,
    ...checkedAtStart(tls),
    health,
    ['location /', [`return 308 https://$host${tls.publicPort === 443 ? '' : `:${tls.publicPort}`}$request_uri`]],
  ],
];

const health: Directive = ['location = /healthz', ['access_log off', 'default_type text/plain', 'return 200 ok']];

/** Open to what meets it there, an exporter, and to nobody who has to be let in. */
const status = (address: string): Directive => [
  'server',
  [`listen ${address}`, 'access_log off', ['location = /stub_status', ['stub_status']], ['location /', ['return 404']]],
];

/** Whether names are looked up while it runs; start.sh writes down whom to ask. */
export const looksUp = ({ routes, pages = [] }: Pick<GatewaySettings, 'routes' | 'pages'>): boolean =>
  pages.length > 0 || routes.some(({ replicas }) => replicas !== undefined);

/** Tries of a request: a second connection of a process that ends may be no better than the first. */
const tries = { ofAddressAlone: 3, ofAddress: 2, all: 4 };

const upstreams = (routes: readonly GatewayRoute[]): Directive[] =>
  [...new Map(routes.map((route) => [route.upstream, route]))].map(([upstream, route]) => [
    `upstream ${upstream}`,
    passingOn(route),
  ]);

/**
 * First the address that all replicas share: who keeps it knows within a second which are ready, or still serve while nobody
 * else is. It may choose one that has just died, twice in a row; each replica's own address is therefore next, another at
 * each try. None is left out for having failed: of few, that might be all.
 */
const passingOn = ({ upstream, address, replicas }: GatewayRoute): Directive[] => [
  `zone ${upstream} 256k`,
  // Named as often as it is tried, or nothing would be tried again.
  ...Array.from(
    { length: replicas === undefined ? tries.ofAddressAlone : tries.ofAddress },
    () => `server ${address} max_fails=0`,
  ),
  ...(replicas === undefined ? [] : [`server ${replicas} resolve max_fails=0 backup`]),
  'keepalive 32',
  // Shorter than the API's own keep-alive, so that it is never the API that closes first.
  'keepalive_timeout 8s',
  // A connection stays with one replica; one that was added gets its share of requests as they are made anew.
  'keepalive_time 30s',
];

interface Header {
  readonly name: string;
  readonly value: string;
}

/** On every answer, also those Nginx gives itself. */
const securityHeaders: readonly Header[] = [
  { name: 'X-Content-Type-Options', value: 'nosniff' },
  { name: 'X-Frame-Options', value: 'DENY' },
  { name: 'Referrer-Policy', value: 'no-referrer' },
];

/** What answers may send these too; twice and different they would mean nothing. */
const instead = ({ name, value }: Header): Directive[] => [
  `add_header ${name} ${value} always`,
  `proxy_hide_header ${name}`,
];

const limits = {
  end: `limit_conn under_way ${requestsUnderWay}`,
  'stay open': `limit_conn streams ${streamsOpen}`,
};

/** Whoever sends a key with a POST says that it may arrive twice. */
const mayBeRepeated: Directive[] = ['default ""', '"~^POST [^ ]" 1'];

/** No status of anybody: what is answered with it goes on in the named location instead. */
const repeatable = 418;

const locationsOf = (route: GatewayRoute, index: number): Directive[] => {
  const named = `@repeatable_${index}`;
  return [
    [
      `location ${route.path}`,
      [
        `error_page ${repeatable} = ${named}`,
        ['if ($may_be_repeated)', [`return ${repeatable}`]],
        ...passedOn(route, 'error timeout'),
      ],
    ],
    [`location ${named}`, passedOn(route, 'error timeout non_idempotent')],
  ];
};

const passedOn = ({ upstream, answers }: GatewayRoute, repeatedAfter: string): Directive[] => [
  limits[answers],
  `limit_req zone=requests burst=${burst} nodelay`,
  `proxy_pass http://${upstream}`,
  ...proxied,
  `proxy_next_upstream ${repeatedAfter}`,
  `proxy_next_upstream_tries ${tries.all}`,
  // An answer that takes long is not asked for twice.
  'proxy_next_upstream_timeout 5s',
];

const pageRate = `limit_req_zone ${client} zone=pages:10m rate=${requestsPerSecond}r/s`;

const pageLocation = ({ path, address, passwords }: Page): Directive => [
  `location ${path}`,
  [
    limits.end,
    `limit_req zone=pages burst=${pageBurst} nodelay`,
    ...(passwords === undefined ? [] : ['auth_basic "stock-analysis"', `auth_basic_user_file ${passwords}`]),
    // A name in a variable is looked up for each request, and need not exist before.
    `set $page ${address}`,
    'proxy_pass http://$page',
    // Neither the password that was asked for here, nor a key of the API.
    'proxy_set_header Authorization ""',
    'proxy_set_header X-API-Key ""',
    ...proxied,
  ],
];

const proxied: Directive[] = [
  'proxy_http_version 1.1',
  'proxy_set_header Connection ""',
  'proxy_set_header Host $host',
  `proxy_set_header X-Request-Id ${traceId}`,
  // Only the address that is counted: the rest of the header is what anybody may have written.
  'proxy_set_header X-Forwarded-For $remote_addr',
  `proxy_set_header X-Forwarded-Proto ${clientScheme}`,
  // What a client writes there is not so.
  'proxy_set_header X-Forwarded-Host $host',
  'proxy_set_header Forwarded ""',
  // One lost packet is sent again after a second; three that are gone leave time for the fourth to be tried.
  'proxy_connect_timeout 1500ms',
  'proxy_read_timeout 60s',
  'proxy_send_timeout 30s',
];

/** The path without the query, and not even the path where it holds what may be a key: keys are sent in URLs by mistake. */
const loggedPath: Directive[] = [
  'default ""',
  String.raw`"~^[^?]*[-\w]{40}" "(hidden: holds what may be a key)"`,
  '"~^(?<path>[^?]*)" $path',
];

/** One JSON object a request, with the field names of the Elastic Common Schema. */
const accessLogLine = JSON.stringify({
  '@timestamp': '$time_iso8601',
  'event.dataset': 'nginx.access',
  'client.ip': '$remote_addr',
  'http.request.method': '$request_method',
  'url.path': '$logged_path',
  'http.response.status_code': '$status',
  'http.response.body.bytes': '$body_bytes_sent',
  'event.duration_seconds': '$request_time',
  'upstream.status_code': '$upstream_status',
  'upstream.connect_seconds': '$upstream_connect_time',
  'upstream.duration_seconds': '$upstream_response_time',
  'limit.rate': '$limit_req_status',
  'limit.number': '$limit_conn_status',
  'trace.id': traceId,
  'user_agent.original': '$http_user_agent',
});
