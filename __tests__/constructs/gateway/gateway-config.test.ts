import { type GatewaySettings, renderGatewayConfig } from '../../../constructs/gateway/gateway-config';

const api = { upstream: 'api', address: 'stock-analysis-api:8000' };
const settings = {
  hosts: ['api.example', 'www.example'],
  port: 8080,
  routes: [
    { ...api, path: '/', answers: 'end' },
    { ...api, path: '/api/v1/stream/', answers: 'stay open' },
  ],
  cpuMillicores: 250,
  memoryMiB: 64,
  proxies: { addresses: [], speak: 'X-Forwarded-For' },
} as const;
const config = renderGatewayConfig(settings);
const tls = { port: 8443, publicPort: 443, folder: '/etc/tls' };

/** A directive, with what is in it when it is a block. */
interface Directive {
  readonly text: string;
  readonly inside: Directive[];
}

/** Reads a configuration line by line, as it is written: one directive, or one brace, a line. */
function parse(text: string): Directive[] {
  const stack: Directive[][] = [[]];
  for (const line of text
    .trimEnd()
    .split('\n')
    .map((each) => each.trim())) {
    const current = stack.at(-1) as Directive[];
    if (line === '}') stack.pop();
    else if (line.endsWith('{')) {
      const block: Directive = { text: line.slice(0, -2), inside: [] };
      current.push(block);
      stack.push(block.inside);
    } else if (line.endsWith(';')) current.push({ text: line.slice(0, -1), inside: [] });
    else throw new Error(`neither a directive nor a block: ${line}`);
  }
  if (stack.length !== 1) throw new Error(`${stack.length - 1} blocks are not closed`);
  return stack[0] as Directive[];
}

const inside = (directives: Directive[], text: string) =>
  directives.filter((directive) => directive.text === text).flatMap((directive) => directive.inside);
const texts = (directives: Directive[]) => directives.map(({ text }) => text);
const http = inside(parse(config), 'http');
const servers = http.filter(({ text }) => text === 'server').map((server) => server.inside);
const [fallback = [], site = []] = servers;

test('every brace is closed and every directive ended', () => {
  expect(texts(parse(config))).toEqual(expect.arrayContaining(['http', 'events', 'pid /tmp/nginx.pid']));
  expect(() => parse(config.replace(/^ *}\n/m, ''))).toThrow('not closed');
});

test('there is one worker for each processor it may use, and at least one', () => {
  const workers = (cpuMillicores: number) =>
    texts(parse(renderGatewayConfig({ ...settings, cpuMillicores }))).find((text) =>
      text.startsWith('worker_processes'),
    );
  expect([250, 1000, 1001, 4000].map(workers)).toEqual([
    'worker_processes 1',
    'worker_processes 1',
    'worker_processes 2',
    'worker_processes 4',
  ]);
});

test('a host it does not know gets 421, and nothing of the API', () => {
  expect(texts(fallback)).toEqual([
    'listen 8080 default_server',
    'listen [::]:8080 default_server',
    'server_name _',
    'location = /healthz',
    'location /',
  ]);
  expect(texts(inside(fallback, 'location /'))).toEqual(['return 421']);
});

test('the hosts it knows are the environment’s', () => {
  expect(texts(site)).toEqual(expect.arrayContaining(['listen 8080', 'server_name api.example www.example']));
});

test('the API is reached at its one port: the port of the metrics appears nowhere', () => {
  expect(texts(inside(http, 'upstream api'))).toContain('server stock-analysis-api:8000 max_fails=0');
  expect(new Set(config.match(/proxy_pass [^;]+/g))).toEqual(new Set(['proxy_pass http://api']));
  expect(config).not.toMatch(/metrics|8001/);
});

test('connections to the API are kept, and closed by the gateway before the API would', () => {
  expect(texts(inside(http, 'upstream api'))).toEqual(expect.arrayContaining(['keepalive 32', 'keepalive_timeout 8s']));
  expect(texts(inside(site, 'location /'))).toEqual(
    expect.arrayContaining(['proxy_http_version 1.1', 'proxy_set_header Connection ""']),
  );
});

describe('a request that finds a process of the API gone', () => {
  const serversOf = (config: string) =>
    texts(inside(inside(parse(config), 'http'), 'upstream api')).filter((text) => text.startsWith('server '));

  test('is tried again at the same address, and one that takes long is not', () => {
    expect(serversOf(config)).toEqual(Array(3).fill('server stock-analysis-api:8000 max_fails=0'));
    expect(config).not.toContain('resolver.conf');
    expect(texts(inside(site, 'location /'))).toEqual(
      expect.arrayContaining([
        'proxy_next_upstream error timeout',
        'proxy_next_upstream_tries 4',
        'proxy_next_upstream_timeout 5s',
      ]),
    );
  });

  test('is tried with one replica after the other where these are found, and none is given up', () => {
    const replicas = 'api-replicas.x.svc$cluster_domain:8000';
    const found = renderGatewayConfig({ ...settings, routes: [{ ...api, replicas, path: '/', answers: 'end' }] });
    expect(serversOf(found)).toEqual([
      ...Array(2).fill('server stock-analysis-api:8000 max_fails=0'),
      `server ${replicas} resolve max_fails=0 backup`,
    ]);
    const http = texts(inside(parse(found), 'http'));
    expect(http.filter((text) => text.startsWith('include'))).toContain('include /tmp/resolver.conf');
  });

  test('is tried again as a POST only where the client sent a key that says it may arrive twice', () => {
    const repeatable = inside(site, 'location @repeatable_0');
    expect(texts(inside(site, 'location /'))).toContain('error_page 418 = @repeatable_0');
    expect(texts(inside(inside(site, 'location /'), 'if ($may_be_repeated)'))).toEqual(['return 418']);
    expect(texts(repeatable)).toContain('proxy_next_upstream error timeout non_idempotent');
    const [, pattern = ''] = /"~([^"]*)" 1/.exec(config) ?? [];
    expect(['POST 7f3c', 'POST ', 'PATCH 7f3c'].map((each) => new RegExp(pattern).test(each))).toEqual([
      true,
      false,
      false,
    ]);
  });

  test('is limited wherever it goes', () => {
    const limits = (directives: Directive[]) => texts(directives).filter((text) => text.startsWith('limit_'));
    expect(limits(inside(site, 'location @repeatable_0'))).toEqual(limits(inside(site, 'location /')));
    expect(limits(inside(site, 'location @repeatable_1'))).toEqual(limits(inside(site, 'location /api/v1/stream/')));
  });
});

test('connections are as many as the memory holds, shared by the workers', () => {
  const connections = (cpuMillicores: number, memoryMiB: number) =>
    /worker_connections (\d+)/.exec(renderGatewayConfig({ ...settings, cpuMillicores, memoryMiB }))?.[1];
  expect([connections(250, 64), connections(250, 128), connections(2000, 128)]).toEqual(['4096', '8192', '4096']);
});

test('the least memory holds the connections that one address may have, each passed on', () => {
  const number = (pattern: RegExp, text = config) => Number(pattern.exec(text)?.[1]);
  const least = renderGatewayConfig({ ...settings, memoryMiB: 32 });
  const ofOneAddress = number(/limit_conn under_way (\d+)/) + number(/limit_conn streams (\d+)/);
  expect(number(/worker_connections (\d+)/, least)).toBeGreaterThan(2 * ofOneAddress);
});

test('streams are counted apart, and an API that takes 10 s for each answer limits nobody at the full rate', () => {
  expect(texts(inside(site, 'location /api/v1/stream/'))).toContain('limit_conn streams 100');
  expect(texts(inside(site, 'location /api/v1/stream/')).join()).not.toContain('under_way');
  expect(texts(inside(site, 'location /'))).toContain('limit_conn under_way 500');
});

describe('who the client is', () => {
  const behind = (speak: 'X-Forwarded-For' | 'PROXY protocol', more: Partial<GatewaySettings> = {}) =>
    inside(
      parse(renderGatewayConfig({ ...settings, ...more, proxies: { addresses: ['10.0.0.0/8', 'fd00::/8'], speak } })),
      'http',
    );
  const believed = (directives: Directive[]) =>
    texts(inside(directives, 'geo $realip_remote_addr $is_from_proxy')).filter((text) => text.endsWith(' 1'));

  test('is what its connection says where nothing stands before', () => {
    expect(config).not.toMatch(/real_ip|proxy_protocol/);
    expect(believed(http)).toEqual([]);
  });

  test('is what proxies that are trusted say in a header, whose other headers are believed too', () => {
    expect(texts(behind('X-Forwarded-For'))).toEqual(
      expect.arrayContaining([
        'set_real_ip_from 10.0.0.0/8',
        'set_real_ip_from fd00::/8',
        'real_ip_header X-Forwarded-For',
        'real_ip_recursive on',
      ]),
    );
    expect(believed(behind('X-Forwarded-For'))).toEqual(['10.0.0.0/8 1', 'fd00::/8 1']);
  });

  test('is what they say in the PROXY protocol, behind which every header is the client’s own', () => {
    const http = behind('PROXY protocol', { entrance: { httpPort: 8082 } });
    expect(texts(http)).toEqual(
      expect.arrayContaining(['set_real_ip_from 10.0.0.0/8', 'real_ip_header proxy_protocol']),
    );
    expect(believed(http)).toEqual([]);
  });

  test('is said first on the ports for those outside alone: probes come by the other', () => {
    const servers = behind('PROXY protocol', { entrance: { httpPort: 8082, tls } }).filter(
      ({ text }) => text === 'server',
    );
    const listens = servers.map((server) => texts(server.inside).filter((text) => text.startsWith('listen 8')));
    expect(listens).toEqual([
      [
        'listen 8080 default_server',
        'listen 8082 proxy_protocol default_server',
        'listen 8443 ssl proxy_protocol default_server',
      ],
      ['listen 8082 proxy_protocol'],
      ['listen 8080', 'listen 8443 ssl proxy_protocol'],
    ]);
  });

  test('has an id of its request that is as the API takes them, and is no key of the API', () => {
    const [pattern = ''] = texts(inside(http, 'map "$is_from_proxy $http_x_request_id" $trace_id')).slice(1);
    const [, expression = ''] = /^"~(.*)" \$given_id$/.exec(pattern) ?? [];
    const isTaken = (id: string) => new RegExp(expression).test(`1 ${id}`);
    expect(isTaken('0190a5a0-0000-7000-8000-000000000000')).toBe(true);
    for (const id of ['short', 'a'.repeat(65), `sk_0123456789ab_${'a'.repeat(40)}`, 'with space', 'a;b-cdefgh'])
      expect(isTaken(id)).toBe(false);
    expect(new RegExp(expression).test(`0 ${'a'.repeat(32)}`)).toBe(false);
  });
});

test('it listens on both families, on every port', () => {
  for (const server of servers) {
    const listens = texts(server).filter((text) => text.startsWith('listen'));
    expect(listens.filter((text) => text.includes('[::]')).map((text) => text.replace('[::]:', ''))).toEqual(
      listens.filter((text) => !text.includes('[::]')),
    );
  }
});

describe('where TLS ends', () => {
  const withTls = (publicPort = 443) => {
    const text = renderGatewayConfig({ ...settings, entrance: { httpPort: 8082, tls: { ...tls, publicPort } } });
    const http = inside(parse(text), 'http');
    const [, toTls = [], site = []] = http.filter(({ text }) => text === 'server').map((server) => server.inside);
    return { http, toTls, site };
  };

  test('the certificate is read for each handshake, and once before it starts', () => {
    const { http, toTls } = withTls();
    expect(texts(inside(http, 'map $ssl_server_name $certificate_folder'))).toEqual(['default /etc/tls']);
    expect(texts(http)).toContain('ssl_certificate $certificate_folder/tls.crt');
    expect(texts(toTls)).toContain('ssl_certificate /etc/tls/tls.crt');
    expect(texts(http)).toContain('ssl_protocols TLSv1.2 TLSv1.3');
  });

  test('who comes without it to the port for those outside is sent to it, under a name that is known', () => {
    const { toTls } = withTls();
    expect(texts(toTls)).toEqual(expect.arrayContaining(['listen 8082', 'server_name api.example www.example']));
    expect(texts(inside(toTls, 'location /'))).toEqual(['return 308 https://$host$request_uri']);
    expect(texts(inside(withTls(8443).toTls, 'location /'))).toEqual(['return 308 https://$host:8443$request_uri']);
  });

  test('browsers are told to come back by it, and only those that came by it', () => {
    const { http, site } = withTls();
    expect(texts(inside(http, 'map $client_scheme $transport_security'))).toEqual([
      'default ""',
      'https "max-age=31536000"',
    ]);
    expect(texts(site)).toEqual(
      expect.arrayContaining([
        'add_header Strict-Transport-Security $transport_security always',
        'proxy_hide_header Strict-Transport-Security',
      ]),
    );
  });

  test('before it, only whom a proxy says to have come without is sent there', () => {
    expect(texts(inside(http, 'map "$is_from_proxy $http_x_forwarded_proto" $asked_without_tls'))).toEqual([
      'default 0',
      '"1 http" 1',
    ]);
    expect(config).not.toContain('return 308');
    expect(renderGatewayConfig({ ...settings, sendsToTls: true })).toContain('if ($asked_without_tls) {');
  });
});

test('a client of IPv6 is the network that it has, one of IPv4 its address', () => {
  const [, pattern = ''] = texts(inside(http, 'map $binary_remote_addr $client'));
  expect(pattern).toBe('"~(?s)^(?<network>.{8}).{8}$" $network');
});

test('requests are limited in their rate, their size, their number and their time', () => {
  expect(texts(http)).toEqual(
    expect.arrayContaining([
      'limit_req_zone $client zone=requests:10m rate=50r/s',
      'limit_conn_zone $client zone=under_way:10m',
      'limit_conn_zone $client zone=streams:10m',
      'limit_req_status 429',
      'limit_conn_status 429',
      'client_max_body_size 1m',
      'client_header_timeout 5s',
      'client_body_timeout 10s',
      'send_timeout 30s',
      'keepalive_timeout 30s',
    ]),
  );
  expect(texts(inside(site, 'location /'))).toEqual(
    expect.arrayContaining([
      'limit_req zone=requests burst=100 nodelay',
      'limit_conn under_way 500',
      'proxy_connect_timeout 1500ms',
      'proxy_read_timeout 60s',
      'proxy_send_timeout 30s',
    ]),
  );
});

test('every answer of a known host carries the security headers, errors too', () => {
  expect(texts(site).filter((text) => text.startsWith('add_header'))).toEqual([
    'add_header X-Content-Type-Options nosniff always',
    'add_header X-Frame-Options DENY always',
    'add_header Referrer-Policy no-referrer always',
  ]);
  const inherits = site.filter(({ text }) => text.startsWith('location'));
  // One add_header in a location, and Nginx forgets all of those above it.
  expect(
    inherits.flatMap((location) => texts(location.inside)).filter((text) => text.startsWith('add_header')),
  ).toEqual([]);
});

test('the version of the server is not told', () => {
  expect(texts(http)).toContain('server_tokens off');
});

test('the API is told who asks, by which name and under which id', () => {
  expect(texts(inside(site, 'location /'))).toEqual(
    expect.arrayContaining([
      'proxy_set_header Host $host',
      'proxy_set_header X-Request-Id $trace_id',
      'proxy_set_header X-Forwarded-For $remote_addr',
      'proxy_set_header X-Forwarded-Proto $client_scheme',
      'proxy_set_header X-Forwarded-Host $host',
      'proxy_set_header Forwarded ""',
    ]),
  );
});

test('its own health is asked without asking the API, whatever the host', () => {
  for (const server of [fallback, site]) {
    expect(texts(inside(server, 'location = /healthz'))).toEqual([
      'access_log off',
      'default_type text/plain',
      'return 200 ok',
    ]);
  }
});

test('a request is one line of JSON in the log', () => {
  const [, format = ''] = /log_format json escape=json '(.*)'/.exec(config) ?? [];
  expect(Object.keys(JSON.parse(format))).toEqual(
    expect.arrayContaining(['@timestamp', 'client.ip', 'http.response.status_code', 'trace.id', 'url.path']),
  );
  expect(texts(http)).toContain('access_log /dev/stdout json');
});

test('a query is never in the log, nor a message that quotes a request', () => {
  expect(config).not.toMatch(/"url[^,]*(request_uri|args|query)|http_referer/);
  expect(texts(http)).toContain('error_log /dev/stderr emerg');
  const [, pattern = ''] = /"~([^"]*)" "\(hidden/.exec(config) ?? [];
  const mayHoldKey = new RegExp(pattern);
  expect(mayHoldKey.test(`/api/v1/stocks/sk_0123456789ab_${'a'.repeat(43)}`)).toBe(true);
  expect(mayHoldKey.test('/api/v1/jobs/0190a5a0-0000-7000-8000-000000000000')).toBe(false);
});

test('all it writes goes where it may write', () => {
  const paths = config.match(/(?:_temp_path|pid) (\S+);/g) ?? [];
  expect(paths).toHaveLength(6);
  for (const path of paths) expect(path).toMatch(/ \/tmp\//);
});

test('what has a route of its own is an upstream of its own, named once', () => {
  const grafana = {
    upstream: 'grafana',
    address: 'grafana.monitoring.svc:3000',
    path: '/grafana/',
    answers: 'end',
  } as const;
  const http = inside(parse(renderGatewayConfig({ ...settings, routes: [...settings.routes, grafana] })), 'http');
  expect(texts(http).filter((text) => text.startsWith('upstream'))).toEqual(['upstream api', 'upstream grafana']);
  const site = http.filter(({ text }) => text === 'server').at(-1)?.inside ?? [];
  expect(texts(inside(site, 'location /grafana/'))).toContain('proxy_pass http://grafana');
});

describe('pages for people', () => {
  const pages = [
    { path: '/prometheus/', address: 'prometheus.x.svc$cluster_domain:9090', passwords: '/etc/htpasswd' },
    { path: '/grafana/', address: 'grafana.x.svc$cluster_domain:3000' },
  ];
  const http = inside(parse(renderGatewayConfig({ ...settings, pages })), 'http');
  const site = http.filter(({ text }) => text === 'server').at(-1)?.inside ?? [];
  const prometheus = texts(inside(site, 'location /prometheus/'));
  const grafana = texts(inside(site, 'location /grafana/'));

  test('are asked of who is there at the moment: no name has to be known at the start', () => {
    expect(texts(http)).toContain('include /tmp/resolver.conf');
    expect(texts(http).filter((text) => text.startsWith('upstream'))).toEqual(['upstream api']);
    expect(prometheus).toEqual(
      expect.arrayContaining(['set $page prometheus.x.svc$cluster_domain:9090', 'proxy_pass http://$page']),
    );
  });

  test('without a login of their own are behind that of the gateway', () => {
    const login = ['auth_basic "stock-analysis"', 'auth_basic_user_file /etc/htpasswd'];
    expect(prometheus.filter((text) => text.startsWith('auth'))).toEqual(login);
    expect(grafana.filter((text) => text.startsWith('auth'))).toEqual([]);
  });

  test('are given no key of the API and no password, and each client has its limits', () => {
    for (const page of [prometheus, grafana]) {
      expect(page).toEqual(
        expect.arrayContaining([
          'proxy_set_header Authorization ""',
          'proxy_set_header X-API-Key ""',
          'limit_req zone=pages burst=400 nodelay',
          'limit_conn under_way 500',
        ]),
      );
      expect(page.filter((text) => text.startsWith('add_header'))).toEqual([]);
    }
  });

  test('where there are none, nothing is looked up and nothing asked for', () => {
    expect(config).not.toMatch(/resolver|auth_basic|zone=pages/);
  });

  test('a redirect says no scheme and no port, which it does not know', () => {
    expect(texts(site)).toContain('absolute_redirect off');
  });
});
