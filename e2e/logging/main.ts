import { strict as assert } from 'node:assert';
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { freePort } from '../../bench/ports';
import { renderElasticsearchConfig } from '../../constructs/elasticsearch/elasticsearch-config';
import { elasticsearchUsers, userName } from '../../constructs/elasticsearch/elasticsearch-users';
import { snapshotVolume } from '../../constructs/elasticsearch/snapshot-repository';
import { logSearches } from '../../constructs/kibana/log-searches';
import {
  dataStreamOf,
  repositoryRequest,
  type SetUpRequest,
  templateRequests,
  userRequests,
} from '../../constructs/log-setup/requests';
import { logPipeline } from '../../constructs/logstash/log-pipeline';
import { type Ask, asker } from './ask';
import { goldenLines, traceId } from './golden-lines';
import { grokOf } from './grok';
import { documentOf, type Grok } from './run-pipeline';
import { checkSnapshots, repositoryBelow } from './snapshots';
import { checkWatch } from './watch';

/** The set-up of logs, on a real Elasticsearch: done twice, asked as each user. Needs es-node.sh and Java 21. */
async function main(): Promise<void> {
  const program = process.env.ES_NODE ?? join(__dirname, '../../../shared/elasticsearch/es-node.sh');
  if (!existsSync(program)) {
    console.error(`needs a real Elasticsearch: ${program} is not there; name a es-node.sh in ES_NODE`);
    process.exit(2);
  }
  const folder = mkdtempSync(join(tmpdir(), 'logging-'));
  const node = process.env.ES_FOLDER ?? join(folder, 'node');
  const [http, transport] = [await freePort(), await freePort()];
  try {
    if (!existsSync(node)) run(program, 'install', node);
    // The image has a volume there; this machine's folder is another's.
    const settings = renderElasticsearchConfig().replace(snapshotVolume, join(folder, 'repositories'));
    writeFileSync(join(folder, 'elasticsearch.yml'), settings);
    // Its output would keep the pipe open as long as the node runs.
    execFileSync(program, ['start', node, `${http}`, `${transport}`, join(folder, 'elasticsearch.yml')], {
      stdio: 'inherit',
    });
    await check(`http://127.0.0.1:${http}`, folder, grokOf(dirname(program), node));
  } finally {
    spawnSync(program, ['stop', node]);
    rmSync(folder, { recursive: true });
  }
}

const run = (program: string, ...args: string[]) => execFileSync(program, args, { stdio: 'inherit' });

const environment = 'staging';

/** What of the golden lines each search of Kibana is to find. */
const foundBy: Readonly<Record<string, readonly string[]>> = {
  errors: [
    '*7 connect() failed (111: Connection refused) while connecting to upstream',
    'password authentication failed for user "x"',
  ],
  'slow-queries': ['duration: 1200.5 ms  statement: SELECT 1\n\tFROM a, b'],
  request: ['job done', 'request', goldenLines[0]?.line ?? ''],
  'failed-logins': ['password authentication failed for user "x"'],
};

async function check(url: string, folder: string, grok: Grok): Promise<void> {
  const requests = [
    ...templateRequests({ environment, retentionDays: 30, replicas: 0 }),
    ...userRequests,
    repositoryRequest(repositoryBelow(folder)),
  ];
  writeFileSync(join(folder, 'elasticsearch-password'), 'changeme-test');
  for (const user of elasticsearchUsers) writeFileSync(join(folder, `${user}-password`), `password-of-${user}`);
  setUp(url, folder, requests);
  setUp(url, folder, requests);
  const changed = templateRequests({ environment, retentionDays: 7, replicas: 0 });
  setUp(url, folder, changed);
  say('the set-up is done three times, the third with another retention');

  const asSuperuser = asker(url, 'elastic', 'changeme-test');
  const [writer, reader, exporter, observer] = (['writer', 'reader', 'exporter', 'observer'] as const).map((user) =>
    asker(url, userName(user), `password-of-${user}`),
  ) as [Ask, Ask, Ask, Ask];

  const policy = await asSuperuser('GET', `/_ilm/policy/stock-logs-${environment}`);
  assert.equal(policy.body[`stock-logs-${environment}`].policy.phases.delete.min_age, '7d');
  say('the retention is the one that was set last');

  const pipeline = logPipeline(environment, { url, user: userName('writer') });
  for (const { component, line, stored } of goldenLines) {
    const document = documentOf(pipeline, component, line, grok);
    assert.deepEqual(document.data_stream, { type: 'logs', dataset: `stock.${component}`, namespace: environment });
    const { status, body } = await writer('POST', `/${dataStreamOf(component, environment)}/_doc`, document);
    assert.equal(status, 201, component);
    const kept = await reader('GET', `/${body._index}/_doc/${body._id}`);
    for (const [name, value] of Object.entries(stored)) assert.deepEqual(kept.body._source[name], value, line);
  }
  await asSuperuser('POST', '/logs-stock.*/_refresh');
  assert.equal((await asSuperuser('GET', '/_cluster/health?wait_for_status=green&timeout=30s')).body.status, 'green');
  say('a line of each kind goes through the pipeline and is stored as it should be, and one node stays green');

  const ofRequest = await reader('POST', '/logs-stock.*/_search', { query: { term: { 'trace.id': traceId } } });
  const found = ofRequest.body.hits.hits.map((hit: { _index: string }) => hit._index.replace(/^\.ds-|-\d{4}.*$/g, ''));
  assert.deepEqual(
    found.sort(),
    ['api', 'gateway', 'worker'].map((name) => dataStreamOf(name, environment)),
  );
  say('the reader finds one request by its trace id in gateway, API and worker');

  for (const { id, condition } of logSearches) {
    const { body } = await reader('POST', `/logs-stock.*-${environment}/_search`, {
      size: 100,
      query: condition.query,
    });
    const texts = body.hits.hits.map(
      ({ _source }: { _source: { message?: string } }) => _source.message ?? 'a request',
    );
    assert.deepEqual(texts.sort(), foundBy[id], id);
  }
  say('each search of Kibana finds its lines, and no other');

  const application = (privileges: string[], resources: string[]) => ({
    application: [{ application: 'kibana-.kibana', privileges, resources }],
  });
  const importer = asker(url, userName('importer'), 'password-of-importer');
  const may = async (asked: object) =>
    (await importer('POST', '/_security/user/_has_privileges', asked)).body.has_all_requested;
  assert.equal(await may(application(['feature_savedObjectsManagement.all'], ['space:default'])), true);
  assert.equal(await may(application(['feature_savedObjectsManagement.all'], ['space:other'])), false);
  assert.equal(await may(application(['all'], ['space:default'])), false);
  assert.equal(await may({ cluster: ['monitor'] }), false);
  assert.equal((await importer('POST', '/logs-stock.*/_search', {})).status, 403);
  say('who imports into Kibana may do that, and nothing in Elasticsearch');

  const fields = await asSuperuser('GET', `/${dataStreamOf('gateway', environment)}/_mapping/field/client.ip`);
  assert.match(JSON.stringify(fields.body), /"type":"ip"/);
  say('a dotted name of the gateway is the field of the schema');

  const stream = dataStreamOf('api', environment);
  assert.equal((await writer('POST', `/${stream}/_search`, {})).status, 403);
  assert.equal((await writer('POST', '/other/_doc', {})).status, 403);
  assert.equal((await writer('DELETE', `/${stream}`)).status, 403);
  assert.equal((await reader('POST', `/${stream}/_doc`, {})).status, 403);
  assert.equal((await reader('GET', '/_security/user')).status, 403);
  assert.equal((await exporter('GET', '/_cluster/health')).status, 200);
  assert.equal((await exporter('POST', `/${stream}/_search`, {})).status, 403);
  assert.equal((await observer('POST', `/${stream}/_doc`, {})).status, 403);
  assert.equal((await observer('GET', '/_security/user')).status, 403);
  assert.equal((await asker(url, userName('kibana'), 'password-of-kibana')('GET', '/')).status, 200);
  say('the writer cannot read or delete, the reader and the observer cannot write, the exporter does neither');

  const strangers = [writer, reader, exporter];
  const snapshotAt = await checkSnapshots({ url, folder, environment, asSuperuser, strangers, observer, reader });
  say(
    'snapshots are made, kept and taken away; a deleted index is restored with the same lines; nobody else may touch them',
  );

  await checkWatch(url, environment, 'password-of-observer', folder, snapshotAt, async (component, document) => {
    const { status } = await writer('POST', `/${dataStreamOf(component, environment)}/_doc?refresh=true`, {
      data_stream: { type: 'logs', dataset: `stock.${component}`, namespace: environment },
      ...document,
    });
    assert.equal(status, 201);
  });
  say('who watches the logs tells how new the newest lines are, what waits and what is lost, and who does not answer');

  await checkAsGuest(url, folder, asSuperuser);

  const wrong = [{ method: 'PUT', path: '/_ilm/policy/wrong', body: { policy: { phases: { cold: 1 } } } } as const];
  assert.equal(setUpStatus(url, folder, wrong), 1);
  say('a request that Elasticsearch refuses ends the task with 1');
}

/** As in a server that somebody else runs, whose administrator made the roles of docs/logging.md. */
async function checkAsGuest(url: string, folder: string, asAdministrator: Ask): Promise<void> {
  const page = readFileSync(join(__dirname, '../../docs/logging.md'), 'utf8');
  const roles = JSON.parse(/```json\n(.+?)```/s.exec(page)?.[1] ?? '{}') as Record<string, object>;
  assert.deepEqual(Object.keys(roles), [
    'stock_set_up',
    'stock_writer',
    'stock_exporter',
    'stock_observer',
    'stock_importer',
  ]);
  for (const [role, rights] of Object.entries(roles)) {
    await asAdministrator('PUT', `/_security/role/guest_${role}`, rights);
    await asAdministrator('PUT', `/_security/user/guest_${role}`, {
      password: 'changeme-test',
      roles: [`guest_${role}`],
    });
  }
  const guest = (role: string) => asker(url, `guest_${role}`, 'changeme-test');
  const settings = { environment: 'guest', retentionDays: 3, replicas: 0 };
  assert.equal(setUpStatus(url, folder, templateRequests(settings), 'guest_stock_set_up'), 0);
  assert.equal(setUpStatus(url, folder, userRequests, 'guest_stock_set_up'), 1);
  const stream = dataStreamOf('api', settings.environment);
  const line = { '@timestamp': '2026-11-26T01:00:00Z', message: 'a line' };
  assert.equal((await guest('stock_set_up')('POST', `/${stream}/_doc`, line)).status, 403);
  assert.equal((await guest('stock_writer')('POST', `/${stream}/_doc`, line)).status, 201);
  assert.equal((await guest('stock_set_up')('POST', `/${stream}/_search`, {})).status, 403);
  assert.equal((await guest('stock_exporter')('GET', '/_cluster/health')).status, 200);
  assert.equal((await guest('stock_observer')('POST', `/${stream}/_search`, { size: 0 })).status, 200);
  assert.equal((await guest('stock_observer')('POST', `/${stream}/_doc`, line)).status, 403);
  say(
    'the roles for a server of others suffice for its set-up, its writer and its exporter, and for no users and no lines',
  );
}

function setUpStatus(url: string, folder: string, requests: readonly SetUpRequest[], user = 'elastic'): number | null {
  writeFileSync(join(folder, 'requests.json'), JSON.stringify(requests));
  const script = join(__dirname, '../../constructs/log-setup/set-up.mjs');
  return spawnSync('node', [script, url, user, folder], { stdio: 'inherit' }).status;
}

const setUp = (url: string, folder: string, requests: readonly SetUpRequest[]) =>
  assert.equal(setUpStatus(url, folder, requests), 0);

const say = (what: string) => console.log(`ok: ${what}`);

void main();
