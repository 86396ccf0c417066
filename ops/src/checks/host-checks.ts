import { readFileSync, statfsSync } from 'node:fs';
import { createServer } from 'node:net';
import { availableParallelism, freemem, hostname, loadavg, totalmem } from 'node:os';
import { ageText, bytesText } from '../cli/texts';
import type { Resource } from '../place/synthesized';
import { isThere } from '../running/component';
import { type Check, fail, ok, skipped, type Verdict, warn } from './check';
import { engineInfo } from './engine-checks';
import { nodeProcessors, nodeStatistics } from './node-statistics';
import { componentsOfSubject } from './running-checks';
import type { Subject } from './subject';
import { allTargets } from './target';

/** The manual's (9.1). */
const fullPercent = 80;
/** Above it PostgreSQL and Elasticsearch are about to stop. */
const overfullPercent = 95;
const clockToleranceSeconds = 5;
/** Nodes renew their lease every 10 s, and are taken for dead after 40. */
const leaseSeconds = 40;
/** As Elasticsearch asks for it. */
const leastMaps = 262_144;

export const hostChecks: readonly Check[] = [
  {
    id: 'HOST-001',
    scope: ['docker', 'embedded'],
    title: 'the ports are free, or ours',
    needs: ['ENV-001', 'ENGINE-001'],
    severity: 'fail',
    expected: 'nothing of others listens on them',
    command: 'ss -ltnp',
    about:
      'Each port is tried as the product would take it. Free it, or choose another: `gateway.localPort` and `exposure` in the environment’s file, `npm start -- --port N --metrics-port N`.',
    run: portsAreFree,
  },
  {
    id: 'HOST-002',
    scope: allTargets,
    title: 'disks have room',
    needs: ['ENGINE-001', 'K8S-002'],
    severity: 'fail',
    expected: `no more than ${fullPercent} % used (manual 9.1); above ${overfullPercent} % it fails`,
    command: { docker: 'docker system df', kubernetes: 'kubectl describe nodes', embedded: 'df -h' },
    about:
      'The disk of the engine, of the embedded product’s folder, or of each node, and in a cluster each claim. Logs are bounded by their rotation: deleting them by age, as the manual does, frees nothing that is not freed anyway. ' +
      'Pages: [HostDiskFills](runbooks/HostDiskFills.md), [ClaimFills](runbooks/ClaimFills.md), [PostgresVolumeFills](runbooks/PostgresVolumeFills.md).',
    run: disksHaveRoom,
  },
  {
    id: 'HOST-003',
    scope: allTargets,
    title: 'there is memory',
    needs: ['ENGINE-001', 'K8S-002'],
    severity: 'warn',
    expected: `no more than ${fullPercent} % used (manual 9.1)`,
    command: { docker: 'docker stats --no-stream', kubernetes: 'kubectl top nodes', embedded: 'free -h' },
    about:
      'Used is what cannot be had back: what the kernel keeps of files does not count. Page: [HostMemoryLow](runbooks/HostMemoryLow.md).',
    run: memoryIsThere,
  },
  {
    id: 'HOST-004',
    scope: ['docker', 'kubernetes'],
    title: 'vm.max_map_count is enough for Elasticsearch',
    needs: ['ENV-001', 'K8S-002'],
    severity: 'fail',
    expected: `${leastMaps} or more`,
    command: {
      docker: `sudo sysctl -w vm.max_map_count=${leastMaps}`,
      kubernetes: `ssh NODE sudo sysctl -w vm.max_map_count=${leastMaps}`,
    },
    about:
      'Below it Elasticsearch does not start. It is of the machine, not of the container: of each node, or of the machine of the engine.',
    run: mapsAreEnough,
  },
  {
    id: 'HOST-005',
    scope: ['docker', 'kubernetes'],
    title: 'the clock of this machine is that of the engine or the cluster',
    needs: ['ENGINE-001', 'K8S-002'],
    severity: 'fail',
    expected: `no more than ${clockToleranceSeconds} s apart`,
    command: 'timedatectl',
    about:
      'Certificates, tokens and the ages of copies are read by this clock. A cluster tells its time by the leases that its nodes renew every ten seconds, so that a clock that is behind shows ' +
      `at once, and one ahead by more than ${leaseSeconds} s. \`stock doctor\` compares the application’s clock with the database’s.`,
    run: clockIsRight,
  },
  {
    id: 'HOST-006',
    scope: allTargets,
    title: 'processors keep up',
    needs: ['ENGINE-001', 'K8S-002'],
    severity: 'warn',
    expected: `of a machine, a load of the last five minutes of no more than its processors (manual 5.4); of a node, no more than ${fullPercent} % of them in use`,
    command: {
      docker: 'docker stats --no-stream',
      kubernetes: 'kubectl -n {namespace} top pods',
      embedded: 'ps -eo pcpu,pid,args --sort=-pcpu',
    },
    about:
      'The load counts what computes and what waits for a processor or a disk. See first which component it is: each has a limit of its own. Page: [cpu-is-high](runbooks/cpu-is-high.md).',
    run: processorsKeepUp,
  },
];

async function portsAreFree(subject: Subject): Promise<Verdict> {
  const wanted = subject.folder ? portsOf(subject.folder) : publishedPorts(subject);
  if (wanted.length === 0) return skipped('it takes no port of this machine');
  const ours = await ourPorts(subject);
  const taken: string[] = [];
  for (const { address, port } of wanted) {
    if (ours.has(port)) continue;
    const fault = await faultOfPort(address, port);
    if (fault) taken.push(`${address}:${port} ${fault}`);
  }
  const list = wanted.map(({ port }) => port).join(', ');
  return taken.length === 0
    ? ok(`${list}${ours.size > 0 ? ', taken by it' : ', free'}`)
    : fail(taken.join('; '), { object: `port ${taken[0]?.split(' ')[0]}`, evidence: taken });
}

interface Port {
  readonly address: string;
  readonly port: number;
}

const portsOf = ({ httpPort, metricsPort }: { httpPort: number; metricsPort: number }): Port[] =>
  [httpPort, metricsPort, metricsPort + 1, metricsPort + 2].map((port) => ({ address: '127.0.0.1', port }));

const publishedPorts = (subject: Subject): Port[] =>
  subject
    .resources('docker_container')
    .flatMap(({ ports }) => ports ?? [])
    .filter(({ external }: Resource) => external)
    .map(({ ip, external }: Resource) => ({ address: ip || '0.0.0.0', port: external }));

/** Those that what runs of it has. */
async function ourPorts(subject: Subject): Promise<Set<number>> {
  if (subject.folder) {
    const { isRunning } = subject.folder;
    return new Set(isRunning ? portsOf(subject.folder).map(({ port }) => port) : []);
  }
  const names = new Set(subject.resources('docker_container').map(({ name }) => name));
  const { output } = await subject.tool('docker', ['ps', '--format', '{{.Names}}\t{{.Ports}}']);
  const lines = output.split('\n').map((line) => line.split('\t'));
  const published = lines.filter(([name = '']) => names.has(name)).map(([, ports = '']) => ports);
  return new Set(published.flatMap((text) => [...text.matchAll(/:(\d+)->/g)].map(([, port]) => Number(port))));
}

/** Why a port cannot be taken, undefined where it can. */
function faultOfPort(address: string, port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.on('error', ({ code }: NodeJS.ErrnoException) =>
      resolve(code === 'EADDRINUSE' ? 'is taken by another program' : `cannot be taken (${code})`),
    );
    server.listen({ host: address, port, exclusive: true }, () => server.close(() => resolve(undefined)));
  });
}

/** Something that is used up, a part of it. */
interface Use {
  readonly object: string;
  readonly usedBytes: number;
  readonly totalBytes: number;
}

const percentOf = ({ usedBytes, totalBytes }: Use): number => (totalBytes > 0 ? (100 * usedBytes) / totalBytes : 0);
const useText = (use: Use): string =>
  `${use.object} ${percentOf(use).toFixed(0)} % used, ${bytesText(use.totalBytes - use.usedBytes)} free`;

/** What the fullest says. */
function verdictOn(uses: readonly Use[]): Verdict {
  const [fullest, ...others] = [...uses].sort((a, b) => percentOf(b) - percentOf(a));
  if (!fullest) throw new Error('nothing tells how full it is');
  const detail = { object: fullest.object, evidence: [fullest, ...others].map(useText) };
  const percent = percentOf(fullest);
  if (percent > overfullPercent) return fail(useText(fullest), detail);
  return (percent > fullPercent ? warn : ok)(useText(fullest), detail);
}

async function disksHaveRoom(subject: Subject): Promise<Verdict> {
  if (subject.folder) return verdictOn([diskOf(subject.folder.nearest)]);
  if (subject.target === 'kubernetes') return verdictOn(await nodeStatistics(subject, 'disks'));
  const { DockerRootDir: folder } = await engineInfo(subject);
  try {
    return verdictOn([diskOf(folder)]);
  } catch (error) {
    return skipped(`${folder} is not on this machine (${(error as NodeJS.ErrnoException).code})`);
  }
}

/** Of the disk that a folder is on, as a user may fill it. */
function diskOf(folder: string): Use {
  const { blocks, bfree, bavail, bsize } = statfsSync(folder);
  const usedBytes = (blocks - bfree) * bsize;
  return { object: folder, usedBytes, totalBytes: usedBytes + bavail * bsize };
}

async function memoryIsThere(subject: Subject): Promise<Verdict> {
  if (subject.target === 'kubernetes') return verdictOn(await nodeStatistics(subject, 'memory'));
  const elsewhere = await engineElsewhere(subject);
  if (elsewhere) return skipped(elsewhere);
  return verdictOn([{ object: 'memory', usedBytes: totalmem() - freemem(), totalBytes: totalmem() }]);
}

async function processorsKeepUp(subject: Subject): Promise<Verdict> {
  if (subject.target === 'kubernetes') return busiestNode(subject);
  const elsewhere = await engineElsewhere(subject);
  if (elsewhere) return skipped(elsewhere);
  const [oneMinute = 0, fiveMinutes = 0, fifteenMinutes = 0] = loadavg();
  const load = [oneMinute, fiveMinutes, fifteenMinutes].map((each) => each.toFixed(2)).join(', ');
  const processors = availableParallelism();
  return (fiveMinutes > processors ? warn : ok)(`load ${load} on ${processors} processors`, { object: 'load' });
}

async function busiestNode(subject: Subject): Promise<Verdict> {
  const nodes = (await nodeProcessors(subject)).map(({ node, used, processors }) => ({
    node,
    percent: (100 * used) / processors,
    text: `node ${node} ${used.toFixed(2)} of ${processors} processors in use`,
  }));
  const [busiest, ...others] = nodes.sort((a, b) => b.percent - a.percent);
  if (!busiest) throw new Error('no node tells what its processors do');
  const detail = { object: `node ${busiest.node}`, evidence: [busiest, ...others].map(({ text }) => text) };
  return (busiest.percent > fullPercent ? warn : ok)(busiest.text, detail);
}

/** Why the engine's machine is not this one, undefined where it is. */
async function engineElsewhere(subject: Subject): Promise<string | undefined> {
  if (subject.target !== 'docker') return undefined;
  const { Name: machine = hostname() } = await engineInfo(subject);
  return machine === hostname() ? undefined : `the engine is on ${machine}, and this machine is ${hostname()}`;
}

async function mapsAreEnough(subject: Subject): Promise<Verdict> {
  const types = ['docker_container', 'kubernetes_stateful_set_v1'];
  const isThere = subject.stacks.some((stack) => types.some((type) => stack.resources[type]?.elasticsearch));
  if (!isThere) return skipped('the environment runs no Elasticsearch');
  if (subject.target === 'kubernetes' && !(await isDeployed(subject, 'elasticsearch'))) {
    return skipped('Elasticsearch is not deployed yet, and nothing else of a node is asked');
  }
  const file = '/proc/sys/vm/max_map_count';
  const text = subject.target === 'docker' ? readFileSync(file, 'utf8') : await inElasticsearch(subject, file);
  const found = Number(text);
  return (found >= leastMaps ? ok : fail)(`${found}`, { object: 'vm.max_map_count' });
}

const isDeployed = async (subject: Subject, component: string): Promise<boolean> =>
  (await componentsOfSubject(subject)).some((each) => each.name === component && isThere(each));

async function inElasticsearch({ cluster, signal }: Subject, file: string): Promise<string> {
  const { status, output, said } = await cluster.run('elasticsearch', ['cat', file], { signal });
  if (status === 0) return output;
  throw new Error(said.trim());
}

async function clockIsRight(subject: Subject): Promise<Verdict> {
  const aheadSeconds = subject.target === 'docker' ? await aheadOfEngine(subject) : await aheadOfCluster(subject);
  const seen = `${ageText(Math.abs(aheadSeconds))} ${aheadSeconds < 0 ? 'behind' : 'ahead'}`;
  return Math.abs(aheadSeconds) > clockToleranceSeconds
    ? fail(seen, { object: 'the clock of this machine' })
    : ok(`${Math.abs(aheadSeconds).toFixed(0)} s apart`);
}

async function aheadOfEngine(subject: Subject): Promise<number> {
  const { output } = await subject.tool('docker', ['info', '--format', '{{.SystemTime}}']);
  return (Date.now() - millisecondsAt(output)) / 1000;
}

/** @throws Error for what is no time: compared, it would be as good as any */
function millisecondsAt(time: string): number {
  const milliseconds = Date.parse(time.trim());
  if (Number.isNaN(milliseconds)) throw new Error(`'${time}' is no time`);
  return milliseconds;
}

/** 0 where the newest lease is as old as one that is renewed in time may be. */
async function aheadOfCluster(subject: Subject): Promise<number> {
  const { items }: { items: Resource[] } = await subject.kubernetes('get', 'leases', '-n', 'kube-node-lease');
  const renewed = items.map(({ spec }) => millisecondsAt(spec.renewTime));
  if (renewed.length === 0) throw new Error('no node has a lease');
  const ageSeconds = (Date.now() - Math.max(...renewed)) / 1000;
  return ageSeconds < 0 || ageSeconds > leaseSeconds ? ageSeconds : 0;
}
