import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePorts } from '../../app/test/support/free-ports';
import { environmentByName } from '../../config/environments';
import { platformApp } from '../../constructs/workload/app';
import { filesDirectory } from '../../constructs/workload/files';
import { Workload } from '../../constructs/workload/workload';
import { addSystem } from '../../stacks/system';
import { type NameServer, startNameServer } from './name-server';
import { place, type Translation, translated } from './placed';

/**
 * Web interfaces through the gateway: the gateway, Prometheus and Alertmanager as an environment has them, the real programs
 * on 127.0.0.1, and a page in Grafana's place that repeats what it was asked. See docs/end-to-end.md.
 *
 * PROMETHEUS and ALERTMANAGER: the programs. @default - those on the PATH
 */
const programs = {
  nginx: 'nginx',
  prometheus: process.env.PROMETHEUS ?? 'prometheus',
  alertmanager: process.env.ALERTMANAGER ?? 'alertmanager',
};
const password = 'not-a-real-password-0123456789ab';
const apiKey = 'sk_0123456789ab_not-a-real-key';
const login = (name: string, secret: string) => ({
  authorization: `Basic ${Buffer.from(`${name}:${secret}`).toString('base64')}`,
});
const right = login('operator', password);

interface Answer {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: string;
}

/** One environment's gateway and what it passes people on to, none of it running at first. */
class Environment {
  readonly folder = mkdtempSync(join(tmpdir(), 'pages-'));
  private readonly running = new Map<string, ChildProcess>();
  private readonly workloads: Workload[];
  private readonly translation: Translation;

  constructor(
    name: string,
    private readonly ports: Readonly<
      Record<'gateway' | 'status' | 'api' | 'prometheus' | 'alertmanager' | 'grafana', number>
    >,
    resolver: NameServer,
  ) {
    const { environment } = addSystem(platformApp(join(this.folder, 'synthesized')), environmentByName(name));
    this.workloads = environment.all(Workload);
    const { api, gateway, status, prometheus, alertmanager, grafana } = ports;
    this.translation = [
      [/server_name (?!_)/g, 'server_name 127.0.0.1 '],
      ['stock-analysis-api:8000', `127.0.0.1:${api}`],
      ['listen 8080', `listen 127.0.0.1:${gateway}`],
      ['listen [::]:8080', `listen [::1]:${gateway}`],
      [/[\d.]+:8081/g, `127.0.0.1:${status}`],
      ['resolver $(echo $servers)', `resolver 127.0.0.1:${resolver.port}`],
      // Prometheus asks the system for names, which knows none of them.
      ['"stock-analysis-prometheus:9090"', `"127.0.0.1:${prometheus}"`],
      ['"stock-analysis-alertmanager:9093"', `"127.0.0.1:${alertmanager}"`],
      ['$cluster_domain:9090', `$cluster_domain:${prometheus}`],
      ['$cluster_domain:9093', `$cluster_domain:${alertmanager}`],
      ['$cluster_domain:3000', `$cluster_domain:${grafana}`],
      [/(?<=[ >])\/tmp\//g, `${this.folder}/`],
      [/\/dev\/std(?:out|err)/g, this.logFile],
      // As root, workers would be somebody who may not read the files of this folder.
      ['pid ', `${process.getuid?.() === 0 ? 'user root; ' : ''}pid `],
    ];
  }

  get log(): string {
    return readFileSync(this.logFile, 'utf8');
  }

  private get logFile(): string {
    return join(this.folder, 'log');
  }

  async start(component: 'gateway' | 'prometheus' | 'alertmanager'): Promise<void> {
    const workload = this.workloads.find((each) => each.component === component);
    assert.ok(workload?.props.command, component);
    const files = place(workload, this.folder, password, this.translation);
    const data = join(this.folder, `${component}-data`);
    mkdirSync(data);
    const [program = '', ...args] = workload.props.command.map((word) =>
      translated(word, [...this.translation, [filesDirectory, files]]).replace(/(?<=path=)\/\w+/, data),
    );
    const listen = component === 'gateway' ? [] : [`--web.listen-address=127.0.0.1:${this.ports[component]}`];
    const command = component === 'gateway' ? program : programs[component];
    const child = spawn(command, [...args, ...listen], { stdio: 'ignore' });
    // Or it is not on this machine: what runs already is stopped then.
    await once(child, 'spawn');
    this.running.set(component, child);
    await until(`${component} answers`, async () => {
      const path = component === 'gateway' ? '/healthz' : `/${component}/-/ready`;
      return (await ask(this.ports[component], path).catch(() => undefined))?.status === 200;
    });
  }

  async stop(component: string): Promise<void> {
    const child = this.running.get(component);
    this.running.delete(component);
    if (!child || child.exitCode !== null) return;
    child.kill('SIGTERM');
    await once(child, 'exit');
  }

  async stopAll(): Promise<void> {
    for (const component of [...this.running.keys()]) await this.stop(component);
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** The path goes out as it is written: no client of ours makes it a nicer one before. */
async function ask(port: number, path: string, headers: http.OutgoingHttpHeaders = {}): Promise<Answer> {
  const request = http.get({ host: '127.0.0.1', port, path, headers, agent: false, timeout: 20_000 });
  request.on('timeout', () => request.destroy(new Error(`no answer to ${path}`)));
  const [response] = (await once(request, 'response')) as [http.IncomingMessage];
  let body = '';
  for await (const chunk of response.setEncoding('utf8')) body += chunk;
  return { status: response.statusCode ?? 0, headers: response.headers, body };
}

async function until(what: string, isSo: () => Promise<boolean>, seconds = 60): Promise<void> {
  const deadline = performance.now() + seconds * 1000;
  while (!(await isSo())) {
    assert.ok(performance.now() < deadline, `${what}: not within ${seconds} s`);
    await sleep(200);
  }
}

/** The API as far as it matters here: it has paths of its own, and knows no other. */
const api = (request: http.IncomingMessage, response: http.ServerResponse) =>
  void response
    .writeHead(request.url?.startsWith('/api/v1/') ? 200 : 404, { 'content-type': 'application/json' })
    .end(JSON.stringify({ from: 'api' }));

/** In Grafana's place: says what it was asked. */
const echo = ({ url, headers }: http.IncomingMessage, response: http.ServerResponse) =>
  void response
    .writeHead(200, {
      'content-type': 'application/json',
      'content-security-policy': "script-src 'self'",
      'x-frame-options': 'deny',
    })
    .end(JSON.stringify({ from: 'grafana', url, headers }));

async function serve(listener: http.RequestListener): Promise<http.Server> {
  const server = http.createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

const portOf = (server: http.Server) => (server.address() as AddressInfo).port;

type Ask = (path: string, headers?: http.OutgoingHttpHeaders) => Promise<Answer>;

/** A report line, and a failure unless the status is this. */
async function expectStatus(
  asked: Ask,
  path: string,
  status: number,
  headers?: http.OutgoingHttpHeaders,
): Promise<Answer> {
  const answer = await asked(path, headers);
  console.error(`${path} ${JSON.stringify(Object.keys(headers ?? {}))}: ${answer.status}`);
  assert.equal(answer.status, status, path);
  return answer;
}

const queryPath = '/prometheus/api/v1/query?query=up';
const statusPath = '/alertmanager/api/v2/status';

async function tryLogins(asked: Ask): Promise<void> {
  for (const path of [queryPath, statusPath]) {
    const refused = await expectStatus(asked, path, 401);
    assert.match(`${refused.headers['www-authenticate']}`, /^Basic /);
    await expectStatus(asked, path, 401, login('operator', 'wrong'));
    await expectStatus(asked, path, 401, login('operator', ''));
    await expectStatus(asked, path, 401, login('somebody', password));
    await expectStatus(asked, path, 401, { authorization: `Bearer ${password}` });
    await expectStatus(asked, path, 401, { 'x-api-key': apiKey });
    await expectStatus(asked, path, 200, right);
  }
}

/** What Prometheus and Alertmanager say of each other, which their paths have to fit for. */
async function trySurroundings(asked: Ask): Promise<void> {
  const value = async (query: string) => {
    const { body } = await asked(`/prometheus/api/v1/query?query=${encodeURIComponent(query)}`, right);
    return JSON.parse(body).data.result[0]?.value[1];
  };
  for (const job of ['prometheus', 'alertmanager']) {
    await until(`${job} is scraped`, async () => (await value(`up{job="${job}"}`)) === '1');
  }
  await until('an alert arrives', async () =>
    (await asked('/alertmanager/api/v2/alerts', right)).body.includes('"Watchdog"'),
  );
  const { body } = await asked('/alertmanager/api/v2/alerts', right);
  assert.match(body, /"generatorURL":"http:\/\/localhost:8080\/prometheus\/graph/);
  console.error('Prometheus scrapes itself and Alertmanager, and Watchdog arrives with a link through the gateway');
}

async function tryPaths(asked: Ask): Promise<void> {
  for (const page of ['prometheus', 'alertmanager', 'grafana']) {
    const { headers } = await expectStatus(asked, `/${page}`, 301);
    assert.equal(headers.location, `/${page}/`);
  }
  // Whatever a path is written as, what it comes to is what is asked for a login.
  for (const path of [
    '//prometheus/api/v1/query?query=up',
    '/prometheus%2fapi/v1/query?query=up',
    '/%70rometheus/api/v1/query?query=up',
    '/grafana/../prometheus/api/v1/query?query=up',
    '/grafana/..%2fprometheus/api/v1/query?query=up',
    '/grafana/%2e%2e/prometheus/api/v1/query?query=up',
    '/api/v1/stocks/../../../prometheus/api/v1/query?query=up',
  ]) {
    await expectStatus(asked, path, 401);
  }
  for (const path of ['/prometheus/../api/v1/stocks', '/grafana/..%2fapi/v1/stocks', '/PROMETHEUS/', '/prometheusx/']) {
    assert.equal(JSON.parse((await asked(path)).body).from, 'api', path);
  }
}

async function tryHeaders(asked: Ask): Promise<void> {
  const { headers, body } = await expectStatus(asked, '/grafana/api/health', 200, {
    ...right,
    'x-api-key': apiKey,
    'x-forwarded-for': '192.0.2.1',
    cookie: 'grafana_session=1',
  });
  const asGrafana = JSON.parse(body);
  assert.equal(asGrafana.url, '/grafana/api/health');
  assert.deepEqual([asGrafana.headers.authorization, asGrafana.headers['x-api-key']], [undefined, undefined]);
  assert.equal(asGrafana.headers['x-forwarded-for'], '127.0.0.1');
  assert.equal(asGrafana.headers['x-forwarded-proto'], 'http');
  assert.equal(asGrafana.headers.cookie, 'grafana_session=1');
  assert.equal(headers['content-security-policy'], "script-src 'self'", 'its own policy of contents, not the API’s');
  assert.equal(headers['x-frame-options'], 'DENY');
  assert.equal(headers['x-content-type-options'], 'nosniff');
}

async function tryLimits(asked: Ask): Promise<void> {
  const answers = await Promise.all(
    Array.from({ length: 700 }, () => asked('/prometheus/', login('operator', 'guess'))),
  );
  const limited = answers.filter(({ status }) => status === 429).length;
  console.error(`700 guesses at once: ${limited} are not looked at`);
  assert.ok(limited > 0);
  assert.ok(answers.every(({ status }) => status === 401 || status === 429));
  assert.equal((await asked('/api/v1/stocks')).status, 200, 'the API counts for itself');
}

async function main(): Promise<void> {
  const [gateway, status, prometheus, alertmanager] = (await freePorts(4)) as [number, number, number, number];
  const names = await startNameServer();
  const servers = [await serve(api), await serve(echo)] as const;
  const ports = { gateway, status, prometheus, alertmanager, api: portOf(servers[0]), grafana: portOf(servers[1]) };
  const asked: Ask = (path, headers) => ask(gateway, path, headers);
  const open = new Environment('local', ports, names);
  const closed = new Environment('production', ports, names);
  writeFileSync(join(open.folder, 'log'), '');
  writeFileSync(join(closed.folder, 'log'), '');
  try {
    await open.start('gateway');
    console.error('before there is anything behind it:');
    await expectStatus(asked, queryPath, 502, right);
    await expectStatus(asked, queryPath, 401);
    await expectStatus(asked, '/grafana/', 502);
    await expectStatus(asked, '/api/v1/stocks', 200);

    await open.start('alertmanager');
    await open.start('prometheus');
    for (const component of ['prometheus', 'alertmanager', 'grafana'])
      names.names.set(`stock-analysis-${component}`, new Set(['127.0.0.1']));
    await until('the gateway finds it', async () => (await asked(queryPath, right)).status === 200);
    await tryLogins(asked);
    await trySurroundings(asked);
    await tryPaths(asked);
    await tryHeaders(asked);

    await open.stop('prometheus');
    console.error('while Prometheus is away:');
    await expectStatus(asked, queryPath, 502, right);
    await expectStatus(asked, statusPath, 200, right);
    await expectStatus(asked, '/api/v1/stocks', 200);
    await tryLimits(asked);
    assert.ok(!open.log.includes(password) && !open.log.includes(apiKey), 'no password and no key is in the log');
    await open.stop('gateway');

    await closed.start('gateway');
    console.error('in production:');
    for (const path of [queryPath, statusPath, '/prometheus', '/grafana/', '/grafana/login']) {
      await expectStatus(asked, path, 404, right);
    }
    await expectStatus(asked, '/api/v1/stocks', 200);
  } catch (error) {
    console.error(`${open.log.slice(-2000)}`);
    throw error;
  } finally {
    await open.stopAll();
    await closed.stopAll();
    for (const server of servers) server.close();
    await names.stop();
  }
}

main().catch((error: Error) => {
  console.error(`\n${error.message}`);
  process.exitCode = 1;
});
