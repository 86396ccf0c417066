import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Cleanup } from '../../bench/child';
import { freePort } from '../../bench/ports';
import { System } from '../faults/system';
import { localGateway } from '../local-gateway';
import { markdownTable } from '../markdown-table';
import { startNameServer } from '../pages/name-server';
import { ask, counted, type Outcome, steadily } from '../steady-load';
import { until } from '../until';
import { SharedAddress } from './shared-address';

/**
 * Two real processes of the API behind the gateway's configuration in a real Nginx, at 30 requests a second, one in ten of
 * them a job; what clients notice of one that ends, dies, hangs or is slow. See docs/end-to-end.md.
 */
const replicas = ['127.0.0.2', '127.0.0.3'] as const;
const name = 'api-replicas';
const secondsOfCase = 20;
/** For so long a replica that has died is still listed: its kubelet has to see it, and every node to hear of it. */
const unnoticedMilliseconds = 1_500;

interface Scenario {
  readonly title: string;
  readonly happens: (world: World) => Promise<void>;
}

const [first, second] = replicas;

const scenarios: readonly Scenario[] = [
  { title: 'nothing', happens: async () => {} },
  {
    title: 'one is told to end, and is started again',
    async happens(world) {
      world.unlist(first);
      await sleep(2_000);
      await world.system.stop(first);
      await world.start(first);
    },
  },
  {
    title: 'one is killed (SIGKILL), and is started again',
    async happens(world) {
      world.system.signal(first, 'SIGKILL');
      await sleep(unnoticedMilliseconds);
      world.unlist(first);
      await world.start(first);
    },
  },
  {
    title: 'one dies (SIGKILL) and is never noticed',
    async happens(world) {
      world.system.signal(first, 'SIGKILL');
      await sleep(8_000);
      world.unlist(first);
      await world.start(first);
    },
  },
  {
    title: 'one hangs for 5 s (SIGSTOP)',
    async happens({ system }) {
      system.signal(second, 'SIGSTOP');
      await sleep(5_000);
      system.signal(second, 'SIGCONT');
    },
  },
  {
    title: 'one is slow: 1.5 s of every 2 s it does nothing',
    async happens({ system }) {
      for (let turn = 0; turn < 5; turn += 1) {
        system.signal(second, 'SIGSTOP');
        await sleep(1_500);
        system.signal(second, 'SIGCONT');
        await sleep(500);
      }
    },
  },
];

/** What the load is sent to, and what happens to it. */
class World {
  constructor(
    readonly system: System,
    private readonly port: number,
    private readonly address: SharedAddress,
    private readonly found: Set<string>,
  ) {}

  async start(host: string): Promise<void> {
    await this.system.startRole('api', { HTTP_HOST: host, HTTP_PORT: `${this.port}` }, host);
    this.address.listed.add(host);
    this.found.add(host);
  }

  /** The cluster has seen that it is not ready any more. */
  unlist(host: string): void {
    this.address.listed.delete(host);
    this.found.delete(host);
  }
}

async function main(): Promise<void> {
  const cleanup = new Cleanup();
  try {
    const system = await System.start(cleanup, say);
    await system.stop('api');
    const apiPort = await freePort();
    const nameServer = await startNameServer();
    cleanup.add(nameServer.stop);
    const found = new Set<string>();
    nameServer.names.set(name, found);
    const address = await SharedAddress.open(apiPort);
    cleanup.add(async () => address.close());
    const world = new World(system, apiPort, address, found);
    for (const host of replicas) await world.start(host);
    const port = await freePort();
    const nginx = startNginx(system.folder, port, {
      shared: `127.0.0.1:${address.port}`,
      replicas: `${name}:${apiPort}`,
      resolver: nameServer.port,
    });
    cleanup.add(() => stopped(nginx));
    assert.ok(await until(10, async () => (await ask(port, '/healthz')) === '200'), 'nginx starts');
    await report(system, port, world);
  } finally {
    await cleanup.run();
  }
}

async function report(system: System, port: number, world: World): Promise<void> {
  const rows: string[][] = [];
  for (const { title, happens } of scenarios) {
    const [answers] = await Promise.all([load(system, port), sleep(3_000).then(() => happens(world))]);
    rows.push([title, `${answers.failed} of ${answers.total}`, JSON.stringify(answers.outcome)]);
    say(`${title}: ${answers.failed} of ${answers.total} failed, ${JSON.stringify(answers.outcome)}`);
  }
  const { accepted, lost } = await jobsOf(system);
  say(`${accepted} jobs were accepted, ${lost} are not completed`);
  console.log(markdownTable(['one of two processes', 'failed', 'answers'], rows));
  assert.equal(lost, 0, 'no accepted job is lost');
  assert.ok(
    rows.every(([, failed]) => failed?.startsWith('0 of ')),
    'no request fails',
  );
}

/** Reads of what is and is not cached, and jobs, each with a key that says it may arrive twice. */
async function load(system: System, port: number): Promise<{ total: number; failed: number; outcome: Outcome }> {
  const headers = { 'x-api-key': system.apiKey, 'content-type': 'application/json' };
  const read = (number: number) => ask(port, `/api/v1/stocks?limit=${1 + (number % 500)}`, { headers });
  const answers = await steadily(secondsOfCase, async (number) =>
    number % 10 === 9 ? `job ${await postJob(port, headers)}` : read(number),
  );
  const outcome = counted(answers);
  const failed = answers.filter((answer) => !['200', 'job 202'].includes(answer)).length;
  return { total: answers.length, failed, outcome };
}

function postJob(port: number, headers: Readonly<Record<string, string>>): Promise<string> {
  posted += 1;
  const day = new Date(Date.UTC(2000, 0, posted)).toISOString().slice(0, 10);
  const body = JSON.stringify({ type: 'ingest', source: 'sample', symbols: ['600000.SH'], start: day, end: day });
  return ask(port, '/api/v1/jobs', { method: 'POST', headers: { ...headers, 'idempotency-key': randomUUID() } }, body);
}
let posted = 0;

/** Each job is posted for a day of its own: those of clients that are recorded twice would be lost work too. */
async function jobsOf(system: System): Promise<{ accepted: number; lost: number }> {
  const count = async () => {
    const [row] = await system.sql<{ accepted: number; lost: number }>(
      `SELECT count(*)::int AS accepted, count(*) FILTER (WHERE state <> 'completed')::int AS lost FROM job WHERE api_key_id IS NOT NULL`,
    );
    return row ?? { accepted: 0, lost: 0 };
  };
  await until(60, async () => (await count()).lost === 0);
  return count();
}

interface Upstream {
  readonly shared: string;
  readonly replicas: string;
  readonly resolver: number;
}

function startNginx(systemFolder: string, port: number, { shared, replicas, resolver }: Upstream): ChildProcess {
  const folder = join(systemFolder, 'gateway');
  mkdirSync(folder);
  writeFileSync(join(folder, 'resolver.conf'), `resolver 127.0.0.1:${resolver} ipv6=off valid=1s;\n`);
  const route = { upstream: 'api', address: shared, replicas, path: '/', answers: 'end' } as const;
  const { args } = localGateway(folder, 0, { port, routes: [route] });
  return spawn('nginx', args, { stdio: 'inherit' });
}

async function stopped(nginx: ChildProcess): Promise<void> {
  if (nginx.exitCode !== null) return;
  nginx.kill('SIGTERM');
  await once(nginx, 'exit');
}

const say = (line: string) => console.error(line);

main().catch((error: Error) => {
  console.error(`\n${error.message}`);
  process.exitCode = 1;
});
