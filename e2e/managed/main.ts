import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { appRole, ownerRole, readRole } from '../../app/src/database/roles';
import { CertificateAuthority } from '../../app/test/support/certificates';
import type { Cleanup } from '../../bench/child';
import { runJourney } from '../journey';
import { runWithCleanup } from '../run-with-cleanup';
import { runStock, startApplication, succeed, variablesOf } from './application';
import { databaseName, host, ManagedServers } from './servers';

/**
 * The application on PostgreSQL, PgBouncer and Redis as somebody else runs them, by TLS alone; and what it does about servers
 * that are not those it is to trust. See docs/end-to-end.md.
 */
const symbol = '604981.SH';
const cutSeconds = 60;
const check = (line: string) => process.stderr.write(`ok  ${line}\n`);

/** @returns an API key */
async function prepare(servers: ManagedServers): Promise<string> {
  const owner = variablesOf(servers, ownerRole);
  await Promise.all([succeed(['migrate'], owner), succeed(['migrate'], owner)]);
  check('two migrations at once, through the pooler');
  await servers.asSuperuser((client) => client.query('DROP INDEX idx_stock_data_date_symbol'));
  const [built] = await Promise.all([runStock(['db', 'index', 'ensure'], owner), succeed(['db', 'maintain'], owner)]);
  assert.equal(built.exitCode, 0, built.stderr);
  await succeed(['db', 'partition', 'ensure'], owner);
  check('indexes built beside others, partitions and upkeep, through the pooler');
  const { rowCount } = await servers.asSuperuser((client) =>
    client.query("SELECT FROM pg_locks WHERE locktype = 'advisory'"),
  );
  assert.equal(rowCount, 0, 'a lock is left behind in a session of the pooler');
  const create = ['apikey', 'create', '--name', 'e2e', '--scopes', 'read,write'];
  return succeed(create, variablesOf(servers, readRole));
}

/** Many requests at a time over few connections of the server, by statements that are prepared where they may be. */
async function askMuch(api: string, apiKey: string): Promise<void> {
  const headers = { 'x-api-key': apiKey, 'content-type': 'application/json' };
  const ask = async (number: number) => {
    const day = `2023-${String(1 + (number % 12)).padStart(2, '0')}-${String(1 + (number % 28)).padStart(2, '0')}`;
    const body = JSON.stringify({ type: 'ingest', source: 'sample', symbols: [symbol], start: day, end: day });
    const answers = [
      await fetch(`${api}/api/v1/jobs`, { method: 'POST', headers, body }),
      // Never the same, which the cache would have.
      await fetch(`${api}/api/v1/quotes?symbols=${String(600_000 + number)}.SH,${symbol}`, { headers }),
    ];
    for (const answer of answers) await answer.arrayBuffer();
    return answers.map(({ status }) => status);
  };
  const statuses: number[] = [];
  for (let round = 0; round < 10; round++) {
    const asked = Array.from({ length: 20 }, (_, number) => ask(20 * round + number));
    statuses.push(...(await Promise.all(asked)).flat());
  }
  assert.deepEqual([...new Set(statuses)].sort(), [200, 202]);
  check(`${statuses.length} requests, twenty at a time, over three connections of the server`);
}

async function importAndExport(servers: ManagedServers, folder: string): Promise<void> {
  const app = variablesOf(servers, appRole, { cacheUser: 'worker' });
  const exported = path.join(folder, 'daily.csv');
  await succeed(['export', '--symbol', symbol, '--output', exported], variablesOf(servers, readRole));
  const file = path.join(folder, 'import.csv');
  await writeFile(file, (await readFile(exported, 'utf8')).replaceAll(symbol, '600000.SH'));
  await succeed(['import', file], app);
  check('an export, and an import, which copies rows and compares them in a temporary table');
}

/** Everything of the application that PostgreSQL sees comes by TLS, and keeps nothing in its sessions. */
async function lookAtSessions(servers: ManagedServers): Promise<void> {
  const { rows } = await servers.asSuperuser((client) =>
    client.query<{ ssl: boolean; sessions: number }>(
      `SELECT ssl, count(*)::int AS sessions FROM pg_stat_ssl JOIN pg_stat_activity USING (pid)
       WHERE usename LIKE 'stock_%' GROUP BY ssl`,
    ),
  );
  assert.deepEqual(
    rows.map(({ ssl }) => ssl),
    [true],
  );
  assert.doesNotMatch(servers.poolerLog(), /unsupported startup parameter|prepared statement/);
  check(`${rows[0]?.sessions} sessions of the server, all by TLS`);
}

/** What doctor says of a service that is not the one to trust. */
async function refuse(
  title: string,
  variables: Record<string, string>,
  expected: Record<string, RegExp>,
): Promise<void> {
  const { stdout } = await runStock(['doctor', '--json'], variables);
  const findings = JSON.parse(stdout) as { check: string; state: string; finding: string; advice?: string }[];
  for (const [name, advice] of Object.entries(expected)) {
    const finding = findings.find((each) => each.check === name);
    assert.equal(finding?.state, 'wrong', `${title}: ${JSON.stringify(finding)}`);
    assert.match(`${finding.advice}`, advice, `${title}: ${JSON.stringify(finding)}`);
  }
  check(`refused, and doctor says what to do: ${title}`);
}

async function refuseOthers(
  servers: ManagedServers,
  ours: CertificateAuthority,
  another: CertificateAuthority,
): Promise<void> {
  const right = variablesOf(servers, appRole);
  const ca = servers.files.writeAuthorities('another', another);
  const withAnotherCa = { ...right, DATABASE_CA_FILE: ca, QUEUE_CA_FILE: ca, REDIS_CA_FILE: ca };
  await refuse('certificates of another CA', withAnotherCa, {
    database: /CA in DATABASE_CA_FILE did not sign/,
    queue: /CA in QUEUE_CA_FILE did not sign/,
    cache: /CA in REDIS_CA_FILE did not sign/,
  });
  const urls = ['DATABASE_URL', 'QUEUE_URL', 'REDIS_URL'] as const;
  const changed = (change: (url: string) => string) =>
    Object.fromEntries(urls.map((name) => [name, change(right[name] as string)]));
  await refuse(
    'a host that the certificates do not name',
    { ...right, ...changed((url) => url.replace(host, '127.0.0.1')) },
    {
      database: /write a host in DATABASE_URL/,
      queue: /write a host in QUEUE_URL/,
      cache: /write a host in REDIS_URL/,
    },
  );
  const direct = `postgresql://${appRole}@${host}:${servers.postgresPort}/${databaseName}`;
  const { plain } = servers.ports;
  await servers.switchTls('off');
  await refuse(
    'servers without TLS',
    {
      ...right,
      ...changed((url) => url.replace(/:\d+\//, `:${plain}/`)),
      DATABASE_URL: `${direct}?sslmode=verify-full`,
    },
    {
      database: /turn TLS on at the server/,
      queue: /speaks TLS there/,
      cache: /speaks TLS there/,
    },
  );
  await servers.switchTls('on');
  const inTheOpen = changed((url) => url.replace(/\?.*/, '').replace('rediss:', 'redis:'));
  const { DATABASE_CA_FILE, QUEUE_CA_FILE, REDIS_CA_FILE, ...others } = right;
  await refuse(
    'a connection in the open to the pooler',
    { ...others, ...inTheOpen },
    { database: /sslmode=verify-full/ },
  );
  await refuse(
    'a connection in the open to PostgreSQL',
    { ...others, ...inTheOpen, DATABASE_URL: direct },
    {
      database: /sslmode=verify-full/,
    },
  );
  await refuse(
    'a pooler that the application was not told of',
    { ...right, DATABASE_POOLED: 'false' },
    {
      database: /set DATABASE_POOLED=true/,
    },
  );
  await servers.startPooler(ours, 'options');
  await refuse(
    'a pooler that says nothing of what it passes over',
    { ...right, DATABASE_POOLED: 'false' },
    { database: /set DATABASE_POOLED=true/ },
  );
  await servers.startPooler(ours);
  await refuse(
    'a job queue behind a pooler',
    {
      ...right,
      QUEUE_URL: right.DATABASE_URL as string,
    },
    { queue: /name the server itself/ },
  );
  const { stdout } = await runStock(['doctor', '--json'], { ...right, DATABASE_URL: `${direct}?sslmode=verify-full` });
  assert.match(stdout, /"check": "database",\s+"state": "ok"/);
  check('PostgreSQL itself is taken, by verify-full');
}

/** The pooler gets a certificate of a new CA, and the application the file with it, while it runs. */
async function changeAuthority(
  servers: ManagedServers,
  [old, next]: [CertificateAuthority, CertificateAuthority],
  ask: () => Promise<{ status: number; body: string }>,
): Promise<void> {
  const until = async (status: number) => {
    const deadline = performance.now() + cutSeconds * 1000;
    for (;;) {
      const answer = await ask();
      if (answer.status === status) return answer.body;
      assert.ok(performance.now() < deadline, `still ${answer.status}: ${answer.body}`);
      await sleep(200);
    }
  };
  await until(200);
  await servers.startPooler(next);
  assert.match(await until(503), /"database_unavailable"/);
  check('the API answers 503 database_unavailable while the pooler has a certificate of a CA it does not trust');
  servers.files.writeAuthorities('trusted', old, next);
  await until(200);
  check('and 200 once the file has the new CA beside the old, without a start');
}

async function main(cleanup: Cleanup): Promise<void> {
  const folder = mkdtempSync(path.join(tmpdir(), 'stock-managed-'));
  cleanup.addFolder(folder);
  // What root starts as another user must be able to pass through.
  chmodSync(folder, 0o755);
  const [ours, another] = [new CertificateAuthority('ours'), new CertificateAuthority('another')];
  const servers = await ManagedServers.start(folder, ours, cleanup);
  servers.files.writeAuthorities('trusted', ours);
  check('PostgreSQL, PgBouncer and two Redis by TLS, the roles made by one who is no superuser');
  const apiKey = await prepare(servers);
  const api = await startApplication(servers, folder, cleanup);
  await runJourney(api, apiKey);
  check('a job accepted, run on the sample and its rows read back');
  await askMuch(api, apiKey);
  await importAndExport(servers, folder);
  await lookAtSessions(servers);
  await refuseOthers(servers, ours, another);
  await changeAuthority(servers, [ours, another], async () => {
    const answer = await fetch(`${api}/api/v1/jobs?limit=1`, { headers: { 'x-api-key': apiKey } });
    return { status: answer.status, body: await answer.text() };
  });
  await runJourney(api, apiKey);
  check('the same journey once more');
}

runWithCleanup(main);
