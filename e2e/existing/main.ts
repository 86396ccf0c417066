import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { CertificateAuthority } from '../../app/test/support/certificates';
import { Child, type Cleanup } from '../../bench/child';
import { freePort } from '../../bench/ports';
import { filesDirectory, textsOf } from '../../constructs/workload/files';
import { Workload } from '../../constructs/workload/workload';
import { sendingFromDocker } from '../../examples/existing/environments';
import { withSystem } from '../../stacks/system';
import { runWithCleanup } from '../run-with-cleanup';
import { until } from '../until';

/**
 * A real Prometheus with the configuration of examples/existing, whose store of metrics and Alertmanager somebody else runs:
 * it gets into both by TLS with the logins of files, and into none whose certificate another CA has signed.
 */
const seconds = 60;
const check = (line: string) => process.stderr.write(`ok  ${line}\n`);

/** What arrived, by path: the logins, and the bodies that are text. */
class Receiver {
  readonly logins = new Map<string, Set<string>>();
  readonly bodies: string[] = [];

  /** @returns its port */
  async listen(authority: CertificateAuthority, cleanup: Cleanup): Promise<number> {
    const { certificate, key } = authority.issue(['localhost']);
    const server = createServer({ cert: certificate, key }, (request, response) => {
      const target = request.url ?? '';
      this.logins.set(target, (this.logins.get(target) ?? new Set()).add(request.headers.authorization ?? 'none'));
      let body = '';
      request.on('data', (chunk) => (body += chunk));
      request.on('end', () => {
        if (request.headers['content-type'] === 'application/json') this.bodies.push(body);
        response.end();
      });
    });
    cleanup.add(async () => {
      server.closeAllConnections();
      server.close();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return (server.address() as { port: number }).port;
  }
}

/** Starts a Prometheus whose hosts elsewhere are one of this machine. @returns its log */
async function startPrometheus(program: string, folder: string, port: number, authority: string, cleanup: Cleanup) {
  const files = withSystem(sendingFromDocker, ({ environment }) => {
    const prometheus = environment.all(Workload).find(({ component }) => component === 'prometheus') as Workload;
    return { ...textsOf(prometheus.files), 'remote-write-token': 'the-token', 'alertmanager-password': 'the-password' };
  });
  for (const [name, text] of Object.entries(files)) {
    const file = path.join(folder, name);
    mkdirSync(path.dirname(file), { recursive: true });
    const here = text
      .replaceAll(filesDirectory, folder)
      .replaceAll('metrics.example.com', `localhost:${port}`)
      .replaceAll(/alerts-\d\.example\.com:9093/g, `localhost:${port}`);
    writeFileSync(file, name.startsWith('certificates/') ? authority : here);
  }
  const web = await freePort();
  const logFile = path.join(folder, 'prometheus.log');
  const child = new Child(
    'prometheus',
    program,
    [
      `--config.file=${path.join(folder, 'prometheus/prometheus.yml')}`,
      `--storage.tsdb.path=${path.join(folder, 'data')}`,
      `--web.listen-address=127.0.0.1:${web}`,
    ],
    { logFile },
  );
  cleanup.add(() => child.stop());
  return (metric: string) => sumOf(web, metric);
}

/** The sum of a metric of the Prometheus itself. */
async function sumOf(port: number, metric: string): Promise<number> {
  const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  const lines = text.split('\n').filter((line) => line.startsWith(metric));
  return lines.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0);
}

async function main(program: string, cleanup: Cleanup): Promise<void> {
  const folder = mkdtempSync(path.join(tmpdir(), 'existing-'));
  cleanup.addFolder(folder);
  const authority = new CertificateAuthority('of the company');
  const receiver = new Receiver();
  const port = await receiver.listen(authority, cleanup);

  await startPrometheus(program, path.join(folder, 'trusting'), port, authority.certificate, cleanup);
  const store = '/api/v1/push';
  const alerts = '/alertmanager/api/v2/alerts';
  const arrived = () => Promise.resolve(receiver.logins.has(store) && receiver.logins.has(alerts));
  assert(await until(seconds, arrived), `arrived: ${[...receiver.logins.keys()].join(', ')}`);
  assert.deepEqual([...(receiver.logins.get(store) ?? [])], ['Bearer the-token']);
  check('samples arrive at the store, with the token');
  const basic = Buffer.from('stock-analysis:the-password').toString('base64');
  assert.deepEqual([...(receiver.logins.get(alerts) ?? [])], [`Basic ${basic}`]);
  assert(receiver.bodies.some((body) => body.includes('"alertname":"Watchdog"') && body.includes('"sending-docker"')));
  check('alerts arrive at the Alertmanager, with user and password, and say of which environment they are');

  const stranger = new Receiver();
  const strangerPort = await stranger.listen(new CertificateAuthority('a stranger'), cleanup);
  const metric = await startPrometheus(
    program,
    path.join(folder, 'wary'),
    strangerPort,
    authority.certificate,
    cleanup,
  );
  const refused = async () => (await metric('prometheus_notifications_errors_total')) > 0;
  assert(await until(seconds, refused), 'no alert was held back');
  const retried = async () => (await metric('prometheus_remote_storage_samples_retried_total')) > 0;
  assert(await until(seconds, retried), 'no sample was held back');
  assert.equal(stranger.logins.size, 0);
  check('neither samples nor alerts nor logins go to a server that another CA has signed');
}

const program = path.join(process.argv[2] ?? '', 'prometheus');
if (!existsSync(program)) {
  console.error(`needs a real Prometheus: ${program} is not there; npm run e2e:existing -- FOLDER, which holds it`);
  process.exit(2);
}
runWithCleanup((cleanup) => main(program, cleanup));
