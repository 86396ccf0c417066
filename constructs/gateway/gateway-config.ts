export interface GatewaySettings {
  readonly hosts: readonly string[];
  readonly port: number;
  /** Host and port of the API. */
  readonly upstream: string;
  readonly cpuMillicores: number;
}

/** Requests one address may send: the rate, and how far it may be ahead of it. */
const requestsPerSecond = 50;
const burst = 100;

/** The nginx.conf of the gateway. */
export function renderGatewayConfig({ hosts, port, upstream, cpuMillicores }: GatewaySettings): string {
  return render([
    `worker_processes ${Math.max(1, Math.ceil(cpuMillicores / 1000))}`,
    'pid /tmp/nginx.pid',
    'error_log /dev/stderr warn',
    ['events', ['worker_connections 2048']],
    [
      'http',
      [
        'include /etc/nginx/mime.types',
        'default_type application/octet-stream',
        `log_format json escape=json '${accessLogLine}'`,
        'access_log /dev/stdout json',
        'server_tokens off',
        ...['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path /tmp/${name}`),
        'client_max_body_size 1m',
        'client_header_timeout 10s',
        'client_body_timeout 10s',
        'send_timeout 30s',
        'keepalive_timeout 30s',
        'large_client_header_buffers 4 8k',
        'gzip on',
        'gzip_proxied any',
        'gzip_min_length 1024',
        'gzip_types application/json application/problem+json text/csv text/css application/javascript',
        `limit_req_zone $binary_remote_addr zone=requests:10m rate=${requestsPerSecond}r/s`,
        'limit_conn_zone $binary_remote_addr zone=connections:10m',
        'limit_req_status 429',
        'limit_conn_status 429',
        // Shorter than the API's own keep-alive, so that it is never the API that closes first.
        ['upstream api', [`server ${upstream}`, 'keepalive 32', 'keepalive_timeout 8s']],
        ['server', [`listen ${port} default_server`, 'server_name _', health, ['location /', ['return 421']]]],
        [
          'server',
          [
            `listen ${port}`,
            `server_name ${hosts.join(' ')}`,
            ...Object.entries(securityHeaders).map(([name, value]) => `add_header ${name} ${value} always`),
            health,
            ['location /', proxy],
          ],
        ],
      ],
    ],
  ]);
}

const health: Directive = ['location = /healthz', ['access_log off', 'default_type text/plain', 'return 200 ok']];

/** On every answer, also those Nginx gives itself. */
const securityHeaders = {
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
  'Referrer-Policy': 'no-referrer',
};

const proxy: Directive[] = [
  // The API sends these too; twice and different they would mean nothing.
  ...Object.keys(securityHeaders).map((name) => `proxy_hide_header ${name}`),
  `limit_req zone=requests burst=${burst} nodelay`,
  'limit_conn connections 50',
  'proxy_pass http://api',
  'proxy_http_version 1.1',
  'proxy_set_header Connection ""',
  'proxy_set_header Host $host',
  'proxy_set_header X-Request-Id $request_id',
  'proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for',
  'proxy_set_header X-Forwarded-Proto $scheme',
  'proxy_connect_timeout 2s',
  'proxy_read_timeout 60s',
  'proxy_send_timeout 30s',
  'proxy_next_upstream error timeout',
  'proxy_next_upstream_tries 2',
];

/** One JSON object a request, with the field names of the Elastic Common Schema. */
const accessLogLine = JSON.stringify({
  '@timestamp': '$time_iso8601',
  'event.dataset': 'nginx.access',
  'client.ip': '$remote_addr',
  'http.request.method': '$request_method',
  'url.original': '$request_uri',
  'http.response.status_code': '$status',
  'http.response.body.bytes': '$body_bytes_sent',
  'event.duration_seconds': '$request_time',
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
