export interface GatewaySettings {
  readonly hosts: readonly string[];
  readonly port: number;
  /** Address and port on which it tells how many connections and requests it has had. @default - it does not tell */
  readonly statusAddress?: string;
  /** Where requests go, by the beginning of their path. */
  readonly routes: readonly GatewayRoute[];
  /** What people look at, beside the routes. @default - nothing */
  readonly pages?: readonly Page[];
  readonly cpuMillicores: number;
  readonly memoryMiB: number;
  /** Addresses (CIDR) of what stands before the gateway, whose X-Forwarded-For is believed; nothing when empty. */
  readonly trustedProxies: readonly string[];
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
  const { hosts, port, statusAddress, routes, pages = [], cpuMillicores, memoryMiB, trustedProxies } = settings;
  const workers = Math.max(1, Math.ceil(cpuMillicores / 1000));
  const connections = Math.floor((memoryMiB * connectionsPerMiB) / workers);
  return render([
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
        ...(trustedProxies.length > 0 ? clientBehind(trustedProxies) : []),
        `limit_req_zone $binary_remote_addr zone=requests:10m rate=${requestsPerSecond}r/s`,
        ...(pages.length > 0 ? [pageRate] : []),
        'limit_conn_zone $binary_remote_addr zone=under_way:10m',
        'limit_conn_zone $binary_remote_addr zone=streams:10m',
        'limit_req_status 429',
        'limit_conn_status 429',
        ...(looksUp(settings) ? ['include /tmp/resolver.conf'] : []),
        ['map "$request_method $http_idempotency_key" $may_be_repeated', mayBeRepeated],
        ...upstreams(routes),
        ...(statusAddress === undefined ? [] : [status(statusAddress)]),
        ['server', [`listen ${port} default_server`, 'server_name _', health, ['location /', ['return 421']]]],
        [
          'server',
          [
            `listen ${port}`,
            `server_name ${hosts.join(' ')}`,
            ...Object.entries(securityHeaders).map(([name, value]) => `add_header ${name} ${value} always`),
            // It does not know under which scheme and port its clients reach it.
            'absolute_redirect off',
            health,
            ...routes.flatMap(locationsOf),
            ...pages.map(pageLocation),
          ],
        ],
      ],
    ],
  ]);
}

const health: Directive = ['location = /healthz', ['access_log off', 'default_type text/plain', 'return 200 ok']];

/** Open to what meets it there, an exporter, and to nobody who has to be let in. */
const status = (address: string): Directive => [
  'server',
  [`listen ${address}`, 'access_log off', ['location = /stub_status', ['stub_status']], ['location /', ['return 404']]],
];

/** The client is the last address of X-Forwarded-For that is not a proxy of ours. */
const clientBehind = (trustedProxies: readonly string[]): Directive[] => [
  ...trustedProxies.map((addresses) => `set_real_ip_from ${addresses}`),
  'real_ip_header X-Forwarded-For',
  'real_ip_recursive on',
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

/** On every answer, also those Nginx gives itself. */
const securityHeaders = {
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
  'Referrer-Policy': 'no-referrer',
};

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

const pageRate = `limit_req_zone $binary_remote_addr zone=pages:10m rate=${requestsPerSecond}r/s`;

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
  // What answers may send these too; twice and different they would mean nothing.
  ...Object.keys(securityHeaders).map((name) => `proxy_hide_header ${name}`),
  'proxy_http_version 1.1',
  'proxy_set_header Connection ""',
  'proxy_set_header Host $host',
  'proxy_set_header X-Request-Id $request_id',
  // Only the address that is counted: the rest of the header is what anybody may have written.
  'proxy_set_header X-Forwarded-For $remote_addr',
  'proxy_set_header X-Forwarded-Proto $scheme',
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
  'trace.id': '$request_id',
  'user_agent.original': '$http_user_agent',
});

/** A directive, or a block: its name and what is in it. */
type Directive = string | readonly [block: string, directives: readonly Directive[]];

const render = (directives: readonly Directive[], indent = ''): string =>
  directives
    .map((directive) =>
      typeof directive === 'string'
        ? `${indent}${directive};\n`
        : `${indent}${directive[0]} {\n${render(directive[1], `${indent}  `)}${indent}}\n`,
    )
    .join('');
