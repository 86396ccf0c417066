import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defineEnvironment, type EnvironmentConfig } from '../../../config/environment';
import dev from '../../../config/environments/dev';
import local from '../../../config/environments/local';
import { renderFilebeatConfig } from '../../../constructs/filebeat/filebeat-config';
import { renderKibanaConfig } from '../../../constructs/kibana/kibana-config';
import { importRequests } from '../../../constructs/kibana/kibana-setup';
import { templateRequests, userRequests } from '../../../constructs/log-setup/requests';
import { podLogFile } from '../../../constructs/logstash/log-pipeline';
import { renderLogstashConfig } from '../../../constructs/logstash/logstash-config';
import { renderPipeline, step } from '../../../constructs/logstash/pipeline';
import { textsOf } from '../../../constructs/workload/files';
import { Workload } from '../../../constructs/workload/workload';
import { addSystem } from '../../../stacks/system';
import { synthesized } from '../../synthesized';

const logging = {
  retentionDays: 30,
  elasticsearch: { storageGiB: 5, cpuMillicores: 1000, memoryMiB: 2048 },
  logstash: { storageGiB: 2, cpuMillicores: 500, memoryMiB: 1024 },
  kibana: { cpuMillicores: 500, memoryMiB: 2048 },
  filebeat: { cpuMillicores: 100, memoryMiB: 200 },
  setUp: { cpuMillicores: 250, memoryMiB: 256 },
};
const quota = { cpuMillicores: 12_000, memoryMiB: 20_480, storageGiB: 60, pods: 40 };

describe('an environment with logs', () => {
  test.each([dev, local])('has a stack of its own for them, before who watches it: $name', (config) => {
    expect(
      systemOf(config)
        .stacks.map(({ unit }) => unit)
        .slice(-2),
    ).toEqual(['logging', 'observability']);
  });

  test('lets Filebeat reach Logstash, three reach Elasticsearch, and who watches both; nobody outside reaches Kibana', () => {
    const { environment } = systemOf();
    const edges = environment.connections.describe();
    expect(edges).toEqual(
      expect.arrayContaining([
        'filebeat -> logstash:5044',
        'logstash -> elasticsearch:9200',
        'kibana -> elasticsearch:9200',
        'log-setup -> elasticsearch:9200',
        'log-snapshots -> elasticsearch:9200',
        'log-watch -> elasticsearch:9200',
        'log-watch -> logstash:9600',
        'prometheus -> log-watch:9610',
      ]),
    );
    expect(edges.filter((line) => line.startsWith('outside -> ') && line.includes('kibana'))).toEqual([]);
  });

  test('shows Kibana below a path of the gateway, where dashboards lead to', () => {
    const { environment } = systemOf();
    const textIn = (component: string, path: string) => {
      const files = environment.all(Workload).find((workload) => workload.component === component)?.files ?? {};
      return textsOf(files)[path] ?? '';
    };
    expect(environment.connections.describe()).toContain('gateway -> kibana:5601');
    expect(textIn('gateway', 'nginx.conf')).toContain('location /kibana/ {');
    expect(JSON.parse(textIn('grafana', 'dashboards/stock-api.json')).links).toMatchObject([
      { title: 'Logs', url: 'http://localhost:8080/kibana/' },
    ]);
  });

  test('whose web interfaces are not shown has Kibana on its port alone', () => {
    const { observability, ...rest } = dev;
    const { environment } = systemOf({
      ...rest,
      // One whose plans nobody has reviewed: a login of the gateway goes.
      name: 'without-pages',
      observability: { ...observability, webInterfaces: undefined },
    } as EnvironmentConfig);
    expect(environment.connections.describe()).not.toContain('gateway -> kibana:5601');
  });

  test('has Elasticsearch copy them every night, onto a volume as large as theirs unless it says another', () => {
    const volumesOf = (elasticsearch: object) => {
      const config = {
        ...dev,
        quota,
        logging: { ...logging, elasticsearch: { ...logging.elasticsearch, ...elasticsearch } },
      };
      const { environment } = systemOf(config as EnvironmentConfig);
      const server = environment.all(Workload).find(({ component }) => component === 'elasticsearch');
      return server?.volumes.map(({ name, sizeGiB }) => [name, sizeGiB]);
    };
    expect(volumesOf({})).toEqual([
      [undefined, 5],
      ['snapshots', 5],
    ]);
    expect(volumesOf({ snapshots: { storageGiB: 9 } })?.[1]).toEqual(['snapshots', 9]);
    const { environment } = systemOf();
    const [keeper, watch] = ['log-snapshots', 'log-watch'].map((name) =>
      environment.all(Workload).find(({ component }) => component === name),
    );
    expect(keeper?.props).toMatchObject({ kind: 'scheduled', schedule: '30 1 * * *', timeZone: 'Asia/Shanghai' });
    expect(keeper?.props.command?.slice(-4)).toEqual(['logs-stock.*-*', '14', '3', '50']);
    expect(watch?.props.command).toContain('stock-logs');
  });

  test('refuses a rule of snapshots that keeps more at least than at most', () => {
    const snapshots = { keep: { least: 5, most: 4 } };
    const wrong = { ...logging, elasticsearch: { ...logging.elasticsearch, snapshots } };
    expect(() => defineEnvironment({ ...dev, quota, logging: wrong })).toThrow('least not above most');
  });

  test('refuses a Kibana that would not start', () => {
    const small = { ...logging, kibana: { cpuMillicores: 500, memoryMiB: 1024 } };
    expect(() => defineEnvironment({ ...dev, quota, logging: small })).toThrow(
      'logging.kibana.memoryMiB: got 1024, allowed: 2048 or more: with less it does not start',
    );
  });
});

function systemOf(config: EnvironmentConfig = dev) {
  let system: ReturnType<typeof addSystem> | undefined;
  synthesized((app) => {
    system = addSystem(app, defineEnvironment({ logging, ...config, quota }));
  });
  return system as ReturnType<typeof addSystem>;
}

test('Kibana takes its path off what it is asked, and says its address as people know it', () => {
  expect(
    renderKibanaConfig({ url: 'http://elasticsearch:9200', user: 'kibana_system' }, 'https://x.example/kibana/').split(
      '\n',
    ),
  ).toEqual(
    expect.arrayContaining([
      'server.basePath: "/kibana"',
      'server.rewriteBasePath: true',
      'server.publicBaseUrl: "https://x.example/kibana"',
      'xpack.security.secureCookies: true',
    ]),
  );
});

test('Filebeat reads the containers of its environment alone, and short files too', () => {
  const { filebeat } = JSON.parse(renderFilebeatConfig(dev, 'logstash:5044'));
  expect(filebeat.inputs[0].paths).toEqual([
    '/var/log/containers/*_stock-analysis_*.log',
    '/var/log/containers/*_stock-analysis-agents_*.log',
  ]);
  expect(filebeat.inputs[0].prospector.scanner.fingerprint.length).toBe(64);
});

test('the buffers of Logstash fit into its volume', () => {
  expect(renderLogstashConfig(2)).toContain('queue.max_bytes: "1024mb"');
  expect(renderLogstashConfig(2)).toContain('dead_letter_queue.max_bytes: "204mb"');
});

test('a text that the language of pipelines cannot write is refused', () => {
  const input = [step('mutate', 'both', { replace: { message: `'"` } })];
  expect(() => renderPipeline({ input: [], filter: input, output: [] })).toThrow(
    'allowed: a text with one kind of quotes',
  );
});

test('the component of a pod is in the name of its log, a dash in it or not', () => {
  const pattern = new RegExp(
    podLogFile.replaceAll(/\?<[^>]*component\]>/g, '?<component>').replaceAll(/\?<\[[^>]*>/g, ''),
  );
  const id = 'a'.repeat(64);
  const path = `/var/log/containers/stock-analysis-log-setup-1_stock-analysis_log-setup-${id}.log`;
  expect(pattern.exec(path)?.groups?.component).toBe('log-setup');
});

test('every role of the set-up is granted to its user alone, and passwords are read from files', () => {
  const requests = [...templateRequests({ environment: 'dev', retentionDays: 30, replicas: 0 }), ...userRequests];
  const users = requests.filter(({ path }) => path.startsWith('/_security/user/'));
  expect(users.every(({ passwordFile, body }) => passwordFile !== undefined && !('password' in (body ?? {})))).toBe(
    true,
  );
  expect(JSON.stringify(requests)).not.toContain('superuser');
});

describe('the set-up task', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'set-up-'));
    writeFileSync(join(folder, 'elasticsearch-password'), 'secret\n');
    writeFileSync(join(folder, 'requests.json'), '[{"method":"PUT","path":"/one","body":{}}]');
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  test.each([
    [[401, 503, 200], 0, 3],
    [[400], 1, 1],
    [[503, 'partial'], 1, 2],
  ])(
    'answers %j end it with %d after %d requests',
    async (answers, status, requests) => {
      const asked = await answering(answers as Array<number | 'partial'>, folder);
      expect(asked).toEqual({ status, requests });
    },
    60_000,
  );

  test('sends a file as a browser does, so that Kibana takes it for no page of another site', async () => {
    writeFileSync(join(folder, 'objects.ndjson'), '{"type":"search"}\n');
    writeFileSync(join(folder, 'requests.json'), JSON.stringify(importRequests));
    const bodies: string[] = [];
    expect(await answering([200], folder, bodies)).toEqual({ status: 0, requests: 1 });
    expect(bodies[0]).toContain('"content-type":"multipart/form-data; boundary=');
    expect(bodies[0]).toContain('"kbn-xsrf":"true"');
    expect(bodies[0]).toContain('name="file"; filename="objects.ndjson"');
    expect(bodies[0]).toContain('{"type":"search"}');
  }, 60_000);
});

/** Runs the task against a server that gives these answers, in a process of its own: the script blocks nothing here. */
async function answering(answers: ReadonlyArray<number | 'partial'>, folder: string, bodies: string[] = []) {
  let requests = 0;
  const server: Server = createServer((request, response) => {
    const answer = answers[requests++] ?? 500;
    response.statusCode = answer === 'partial' ? 200 : answer;
    let body = '';
    request.on('data', (chunk) => {
      body += chunk;
    });
    request.on('end', () => {
      bodies.push(`${JSON.stringify(request.headers)}\n${body}`);
      response.end(`{"success":${answer !== 'partial'}}`);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  const script = join(__dirname, '../../../constructs/log-setup/set-up.mjs');
  const child = spawn('node', [script, `http://127.0.0.1:${port}`, 'elastic', folder], { stdio: 'ignore' });
  const status = await new Promise((resolve) => child.on('exit', resolve));
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  return { status, requests };
}
