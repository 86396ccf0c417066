import { mkdtempSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import path from 'node:path';
import { ageText } from '../cli/texts';
import { commandOf, listDeployments } from '../ledger/deployments';
import { hasEnded, lockHolder } from '../ledger/lock';
import type { Resource, SynthesizedStack } from '../place/synthesized';
import { userName } from '../user';
import { type Check, fail, ok, skipped, type Verdict, warn } from './check';
import type { Subject } from './subject';
import { deployed } from './target';

/** No apply takes so long; what is older was left behind. */
const staleSeconds = 2 * 3_600;

/** What Terraform writes down of who has a state. */
interface Lock {
  readonly ID: string;
  readonly Who: string;
  readonly Operation: string;
  readonly Created: string;
}

export const stateChecks: readonly Check[] = [
  {
    id: 'STATE-001',
    scope: deployed,
    title: 'the state of Terraform can be read',
    needs: ['ENV-001', 'TOOL-002'],
    severity: 'fail',
    expected: 'what keeps the state answers, also where it has none yet',
    command: 'cd cdktf.out/stacks/{environment}-platform && terraform init',
    about:
      'Terraform itself is asked, with the settings of the first stack and without its providers: the address, the credentials and the rights of whoever asks are tried together.',
    timeoutSeconds: 60,
    run: stateIsReadable,
  },
  {
    id: 'STATE-002',
    scope: deployed,
    title: 'nobody has left a lock on the state',
    needs: ['STATE-001'],
    severity: 'fail',
    expected: 'no lock, or one that is in use',
    command: 'terraform force-unlock ID',
    about:
      'A Terraform that was killed cannot give its lock back, and every later one waits for it. It is dead where it was taken on this machine and no Terraform runs here in the folder of the stack, and ' +
      `taken for dead after ${staleSeconds / 3600} hours. See first that nobody deploys; then, in \`cdktf.out/stacks/STACK\`: \`terraform init\` and \`terraform force-unlock ID\`. Locks of files end with the process that ` +
      'had them. Which locks other backends than `kubernetes` and `s3` have cannot be asked without taking one.',
    timeoutSeconds: 30,
    run: lockIsAlive,
  },
  {
    id: 'STATE-003',
    scope: deployed,
    title: 'nothing that changes the environment stopped half way',
    needs: ['ENV-001'],
    severity: 'warn',
    expected: 'the last deployment, way back or rotation of a secret came to its end, or somebody is at work on it',
    command: 'npm run stockops -- history {environment}',
    about:
      'Each step of them is written down where the environment is. One that was stopped or killed is gone on with by the same command; until then nothing else is deployed. ' +
      'Of a rotation the file of the environment is in the checkout of whoever began it: [rotation.md](rotation.md).',
    timeoutSeconds: 30,
    run: nothingIsHalfDone,
  },
];

async function stateIsReadable(subject: Subject): Promise<Verdict> {
  const [stack] = subject.stacks;
  if (!stack) return skipped('there is no stack');
  const [type] = Object.keys(stack.backend);
  const folder = mkdtempSync(path.join(tmpdir(), 'stockops-'));
  try {
    writeFileSync(path.join(folder, 'main.tf.json'), JSON.stringify({ terraform: { backend: movable(stack) } }));
    const object = `the ${type} backend`;
    const init = await subject.tool('terraform', ['init', '-input=false', '-no-color'], { cwd: folder });
    if (init.status !== 0) return fail(errorOf(init.said), { object });
    const pull = await subject.tool('terraform', ['state', 'pull'], { cwd: folder });
    if (pull.status !== 0) return fail(errorOf(pull.said), { object, command: commandOn(stack, pull.said) });
    if (!pull.output.trim()) return ok(`${object} answers, and has no state of ${stack.name} yet`, { object });
    const { serial, resources } = JSON.parse(pull.output);
    return ok(`${object}, ${stack.name}: ${resources.length} resources, serial ${serial}`, { object });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The settings of a backend, for a folder elsewhere. */
function movable({ backend, folder }: SynthesizedStack): Resource {
  const { local } = backend;
  return local ? { local: { ...local, path: path.resolve(folder, local.path) } } : backend;
}

/** Terraform makes everything but the namespace that it keeps its state in. */
const commandOn = ({ backend }: SynthesizedStack, said: string): string | undefined =>
  /namespaces ".*" not found/.test(said) ? `kubectl create namespace ${backend.kubernetes.namespace}` : undefined;

const errorOf = (said: string): string => said.slice(Math.max(0, said.indexOf('Error: '))).trim();

async function lockIsAlive(subject: Subject): Promise<Verdict> {
  const [type = ''] = Object.keys(subject.stacks[0]?.backend ?? {});
  const readLock = readers.get(type);
  if (!readLock) return skipped(`the ${type} backend tells of no lock to who does not take one`);
  const found = await Promise.all(
    subject.stacks.map(async (stack) => ({ stack, lock: await readLock(subject, stack) })),
  );
  const locks = found.flatMap(({ stack, lock }) => (lock ? [{ stack, lock }] : []));
  const [first] = locks;
  if (!first) return ok(type === 'local' ? 'locks of files end with their process' : 'no lock');
  const verdicts = await Promise.all(locks.map(({ stack, lock }) => verdictOn(subject, stack, lock)));
  return verdicts.find(({ state }) => state !== 'ok') ?? (verdicts[0] as Verdict);
}

async function verdictOn(subject: Subject, { name, folder }: SynthesizedStack, lock: Lock): Promise<Verdict> {
  const ageSeconds = (Date.now() - Date.parse(lock.Created)) / 1000;
  const seen = `${name} is locked by ${lock.Who} (${lock.Operation}) for ${ageText(ageSeconds)}`;
  const command = `cd ${path.relative(subject.root, folder)} && terraform init && terraform force-unlock ${lock.ID}`;
  const detail = { object: `state of ${name}`, command };
  if (lock.Who === `${userName()}@${hostname()}`) {
    return (await terraformRunsIn(subject, name))
      ? ok(`${seen}; Terraform runs here`, detail)
      : fail(`${seen}; no Terraform runs here`, detail);
  }
  return ageSeconds > staleSeconds ? warn(seen, detail) : ok(seen, detail);
}

/** Whether a Terraform works in the folder of a stack; one of which the system tells no folder may. */
async function terraformRunsIn(subject: Subject, stack: string): Promise<boolean> {
  const { output } = await subject.tool('ps', ['-eo', 'pid=,stat=,comm=']);
  const processes = [...output.matchAll(/^\s*(\d+)\s+(\S+)\s+(.+?)\s*$/gm)];
  return processes
    .filter(([, , state = '', name = '']) => path.basename(name) === 'terraform' && !state.startsWith('Z'))
    .some(([, id = '']) => path.basename(folderOf(id) ?? stack) === stack);
}

/** Where a process works, undefined where the system does not tell. */
function folderOf(processId: string): string | undefined {
  try {
    return readlinkSync(`/proc/${processId}/cwd`);
  } catch {
    return undefined;
  }
}

type ReadLock = (subject: Subject, stack: SynthesizedStack) => Promise<Lock | undefined>;

const readers = new Map<string, ReadLock>([
  ['local', async () => undefined],
  ['kubernetes', leaseOf],
  ['s3', lockFileOf],
]);

async function nothingIsHalfDone({ place }: Subject): Promise<Verdict> {
  if (!place) return skipped('it is deployed nowhere');
  const [last, holder] = [(await listDeployments(place.shelf)).at(-1), await lockHolder(place.shelf)];
  if (!last) return ok('stockops has deployed nothing yet');
  if (last.finishedAt) return ok(`${last.kind} ${last.id} came to its end: ${last.state}`);
  const seen = `${last.kind} ${last.id} of ${last.owner} on ${last.host} was begun at ${last.startedAt} and is ${last.state}`;
  if (holder && !hasEnded(holder)) return ok(`${seen}; ${holder.owner} works on it: ${holder.command}`);
  return warn(seen, { command: commandOf(last), ...(last.reason && { evidence: [last.reason] }) });
}

async function leaseOf({ cluster, signal }: Subject, { backend }: SynthesizedStack): Promise<Lock | undefined> {
  const { namespace, secret_suffix: suffix } = backend.kubernetes;
  const words = ['get', 'lease', `lock-tfstate-default-${suffix}`, '-n', namespace, '--ignore-not-found', '-o', 'json'];
  const output = await cluster.kubectl(words, { signal });
  const lease = JSON.parse(output || '{}');
  if (!lease.spec?.holderIdentity) return undefined;
  return JSON.parse(lease.metadata.annotations?.['app.terraform.io/lock-info'] ?? '{}');
}

async function lockFileOf(_subject: Subject, { backend }: SynthesizedStack): Promise<Lock | undefined> {
  const { bucket, key, region, endpoints, use_path_style: forcePathStyle = false } = backend.s3;
  const { GetObjectCommand, NoSuchKey, S3Client } = await import('@aws-sdk/client-s3');
  const client = new S3Client({ region, forcePathStyle, ...(endpoints && { endpoint: endpoints.s3 }) });
  try {
    const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: `${key}.tflock` }));
    return JSON.parse((await Body?.transformToString()) ?? '{}');
  } catch (error) {
    if (error instanceof NoSuchKey) return undefined;
    throw error;
  } finally {
    client.destroy();
  }
}
